// How fast a worker runs jobs that do nothing, until each is durably recorded as completed.
import { JobQueue, task, Worker } from 'gigq';
import { freshDatabase, params, result } from './data.ts';
import { rawDrain } from './raw.ts';
import { type BenchOptions, inTurn, printFigures, printRatio } from './report.ts';

const bench = task('bench', async (_: typeof params) => result);

export async function drain({ jobs, concurrency, rounds }: BenchOptions): Promise<void> {
  const figures = await inTurn(rounds, {
    gigq: () => drainOnce(jobs, concurrency),
    raw: () => rawDrain(jobs, concurrency),
  });
  const title = `drain: ${jobs} no-op jobs, concurrency ${concurrency}; raw: the same statements, ${concurrency} jobs a commit`;
  printFigures(title, 'jobs/s', figures);
  printRatio('gigq / raw', figures.gigq, figures.raw);
}

export async function drainOnce(jobs: number, concurrency: number): Promise<number> {
  const queue = new JobQueue(freshDatabase('drain'));
  for (let stored = 0; stored < jobs; stored += 1000) {
    await bench.submitMany(
      queue,
      Array.from({ length: Math.min(1000, jobs - stored) }, () => params),
    );
  }
  const worker = new Worker(queue, { concurrency, tasks: [bench] });
  const began = performance.now();
  const ran = await worker.drain();
  const seconds = (performance.now() - began) / 1000;
  await worker.close();
  await queue.close();
  if (ran !== jobs) throw new Error(`${ran} jobs ran instead of ${jobs}`);
  return jobs / seconds;
}
