// Code that does not stop by itself: computing in a thread, programs and crashes in processes.
// `node examples/isolation/main.ts`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobFailedError, JobQueue, Worker } from 'gigq';
import { crash, longestChain, runProgram } from './tasks.ts';

const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));
const queue = new JobQueue(join(folder, 'jobs.db'));

// Processes and threads import the tasks for themselves, so the worker is given the module.
const worker = new Worker(queue, {
  tasks: [join(import.meta.dirname, 'tasks.ts')],
  concurrency: 4,
});
const running = worker.start();

const chain = await longestChain.submit(queue, { below: 100_000 });
const program = await runProgram.submit(queue, { command: 'echo hello from a shell' });
const stubborn = await runProgram.submit(queue, { command: 'trap "" TERM; sleep 60' });
const crashing = await crash.submit(queue);

const { start, steps } = await chain.result();
console.log(`From ${start} it takes ${steps} steps to 1.`);
console.log(`The program said: ${await program.result()}`);

for (const handle of [crashing, stubborn]) {
  try {
    await handle.result({ timeout: '30s' });
  } catch (error) {
    if (!(error instanceof JobFailedError)) throw error;
    const job = await queue.getStatus(handle.id);
    console.log(
      `${job?.name}: ${job?.status} after ${job?.attempts} attempts, ${job?.crashes} crashes`,
    );
  }
}

await worker.stop();
await running;
await queue.close();
rmSync(folder, { recursive: true });
