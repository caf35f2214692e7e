// How fast jobs are stored: one by one, many in flight, and in bulk.
import { JobQueue, task } from 'gigq';
import { freshDatabase, params, result } from './data.ts';
import { rawSubmit } from './raw.ts';
import { type BenchOptions, inTurn, printFigures, printRatio } from './report.ts';

const bench = task('bench-submit', async (_: typeof params) => result);
const bulkSize = 1000;

export async function submit({ jobs, concurrency, rounds }: BenchOptions): Promise<void> {
  const few = Math.max(1, Math.floor(jobs / 10));
  await compare('submit: one by one, each awaited; raw: one job a commit', rounds, {
    gigq: () => submitOnce(few, 1),
    raw: () => rawSubmit(few, 1),
  });
  await compare(`submit: ${concurrency} in flight; raw: ${concurrency} jobs a commit`, rounds, {
    gigq: () => submitOnce(jobs, concurrency),
    raw: () => rawSubmit(jobs, concurrency),
  });
  await compare(`submitMany of ${bulkSize}; raw: ${bulkSize} jobs a commit`, rounds, {
    gigq: () => submitInBulk(jobs),
    raw: () => rawSubmit(jobs, bulkSize),
  });
}

async function compare(
  title: string,
  rounds: number,
  competitors: Readonly<Record<'gigq' | 'raw', () => number | Promise<number>>>,
): Promise<void> {
  const figures = await inTurn(rounds, competitors);
  printFigures(title, 'jobs/s', figures);
  printRatio('gigq / raw', figures.gigq, figures.raw);
}

async function submitOnce(jobs: number, inFlight: number): Promise<number> {
  const queue = await openQueue();
  let left = jobs;
  const producer = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await bench.submit(queue, params);
    }
  };
  return timed(queue, jobs, () => Promise.all(Array.from({ length: inFlight }, producer)));
}

async function submitInBulk(jobs: number): Promise<number> {
  const queue = await openQueue();
  const batches = Math.ceil(jobs / bulkSize);
  const batch = Array.from({ length: bulkSize }, () => params);
  return timed(queue, batches * bulkSize, async () => {
    for (let stored = 0; stored < batches; stored += 1) await bench.submitMany(queue, batch);
  });
}

/** A queue whose keeper has started. */
async function openQueue(): Promise<JobQueue> {
  const queue = new JobQueue(freshDatabase('submit'));
  await queue.stats();
  return queue;
}

async function timed(queue: JobQueue, jobs: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  await queue.close();
  return jobs / seconds;
}
