// How fast a workflow runs beside as many plain jobs: one job, 10,000 that wait for it, one that waits for them all.
import { JobQueue, task, Worker, Workflow } from 'gigq';
import { freshDatabase, params, result } from './data.ts';
import { drainOnce } from './drain.ts';
import { type BenchOptions, inTurn, printFigures, printRatio } from './report.ts';

const step = task('step', async (_: typeof params) => result);
const sum = task('sum', async ({ all }: { all: readonly (typeof result)[] }) =>
  all.reduce((total, { n }) => total + n, 0),
);

export async function workflow({ jobs, concurrency, rounds }: BenchOptions): Promise<void> {
  const width = Math.min(jobs, 10_000);
  const figures = await inTurn(rounds, {
    workflow: () => workflowOnce(width, concurrency),
    plain: () => drainOnce(width, concurrency),
  });
  const title = `workflow: fan-out and fan-in of ${width} no-op jobs, concurrency ${concurrency}; plain: as many jobs that wait for nothing`;
  printFigures(title, 'jobs/s', figures);
  printRatio('workflow / plain', figures.workflow, figures.plain);
}

async function workflowOnce(width: number, concurrency: number): Promise<number> {
  const queue = new JobQueue(freshDatabase('workflow'));
  const graph = new Workflow('bench');
  const first = graph.addTask(step, params);
  const all = Array.from({ length: width }, () =>
    graph.addTask(step, params, { dependsOn: [first] }),
  );
  const last = graph.addTask(sum, { all: all.map((node) => node.result) });
  const handle = await graph.submitAll(queue);
  const worker = new Worker(queue, { concurrency, tasks: [step, sum] });
  const began = performance.now();
  await worker.drain();
  const seconds = (performance.now() - began) / 1000;
  const total = await handle.result(last, { timeout: '0s' });
  await worker.close();
  await queue.close();
  if (total !== width) throw new Error(`The last job counted ${total} instead of ${width}`);
  return (width + 2) / seconds;
}
