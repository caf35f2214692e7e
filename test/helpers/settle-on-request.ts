// A program of its own that ends a job of the task `greet` for each line that it reads, and prints when it did.
import { createInterface } from 'node:readline';
import { JobQueue } from 'gigq';
import { HandWorker } from './hand-worker.ts';

await using queue = new JobQueue(process.argv[2]);
const worker = await HandWorker.register(queue, 'greet');
console.log('ready');
for await (const result of createInterface({ input: process.stdin })) {
  await worker.run(result);
  console.log(Date.now());
}
