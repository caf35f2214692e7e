// A thread that opens a database when it is told to, at the same moment as others, and stores a job.
import { parentPort, workerData } from 'node:worker_threads';
import { openHere } from '../../dist/store/open.js';
import { newJob, runAll, unit } from './store-seam.ts';

const { path, id, start } = workerData as {
  path: string;
  id: string;
  start: Int32Array<SharedArrayBuffer>;
};

// A store by itself keeps no thread alive.
const keepAlive = setInterval(() => undefined, 1e6);
const store = openHere({ database: path, initialize: true });
parentPort?.postMessage('ready');
Atomics.wait(start, 0, 0);
const [answer] = await runAll(store, [unit('enqueue', [newJob(id)])]);
await store.close();
clearInterval(keepAlive);
parentPort?.postMessage(answer?.ok === true ? 'ok' : 'refused');
