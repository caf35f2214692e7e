// How fast jobs that do nothing run in a thread or a process of their own.
import { join } from 'node:path';
import { Worker } from 'gigq';
import { fill, freshDatabase, openQueue } from './database.ts';
import type { Finding } from './figures.ts';
import { inProcess, inThread } from './isolated-tasks.ts';
import { type Durability, type Settings, sized } from './settings.ts';
import { inTurn } from './turns.ts';

/** Each thread and process compiles what it runs for itself. */
const warmUps = 5000;

export async function isolation(settings: Settings): Promise<Finding[]> {
  const { concurrency = 16, durability, rounds } = settings;
  const jobs = sized(settings, 20_000);
  const { thread, process } = await inTurn(rounds, {
    thread: () => runOnce(inThread, { jobs, concurrency, durability }),
    process: () => runOnce(inProcess, { jobs, concurrency, durability }),
  });
  const figure = (name: string, taken: readonly number[], atLeast: number): Finding => ({
    name: `task in a ${name}, concurrency ${concurrency}`,
    unit: 'jobs/s',
    rounds: taken,
    durability,
    target: { atLeast },
  });
  return [figure('thread', thread, 5000), figure('process', process, 2500)];
}

async function runOnce(
  of: typeof inThread,
  { jobs, concurrency, durability }: { jobs: number; concurrency: number; durability: Durability },
): Promise<number> {
  await using queue = openQueue(await freshDatabase('isolation'), durability);
  const tasks = [join(import.meta.dirname, 'isolated-tasks.ts')];
  await using worker = new Worker(queue, { concurrency, tasks });
  // The first jobs wait for them to start.
  await fill(queue, warmUps, { of });
  await worker.drain();
  await fill(queue, jobs, { of });
  const began = performance.now();
  await worker.drain();
  return (jobs / (performance.now() - began)) * 1000;
}
