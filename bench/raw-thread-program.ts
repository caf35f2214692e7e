// The thread of raw-thread.ts: each message is a transaction, and is answered with what it came to.
import { parentPort, workerData } from 'node:worker_threads';
import { stepsOf } from './raw.ts';
import type { Asked } from './raw-thread.ts';

const { what, jobs, durability } = workerData as Asked;
const step = stepsOf[what](jobs, durability);

parentPort?.on('message', () => {
  parentPort?.postMessage(step());
});
parentPort?.postMessage('ready');
