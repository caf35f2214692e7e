// How fast a workflow runs beside as many plain jobs: one job, 10,000 that wait for it, one that waits for them all.
import { task, Worker, Workflow } from 'gigq';
import { params, result } from './data.ts';
import { freshDatabase, openQueue } from './database.ts';
import { drainOnce } from './drain.ts';
import type { Finding } from './figures.ts';
import { type Durability, type Settings, sized } from './settings.ts';
import { inTurn } from './turns.ts';

const step = task('step', async (_: typeof params) => result);
const sum = task('sum', async ({ all }: { all: readonly (typeof result)[] }) =>
  all.reduce((total, { n }) => total + n, 0),
);

export async function workflow(settings: Settings): Promise<Finding[]> {
  const { concurrency = 100, durability, rounds } = settings;
  const width = Math.min(sized(settings, 10_000), 10_000);
  const measured = {
    graph: () => workflowOnce(width, concurrency, durability),
    plain: () => drainOnce(width, concurrency, durability),
  };
  // The first ten thousand jobs of a process take half as long again: the graph, which comes first, would look the worse.
  await inTurn(1, measured);
  const { graph, plain } = await inTurn(rounds, measured);
  const beside = {
    name: 'as many jobs that wait for nothing',
    rounds: plain,
    target: { atLeast: 0.5 },
  };
  const name = `workflow, fan-out and fan-in of ${width.toLocaleString('en-US')}`;
  return [{ name, unit: 'jobs/s', rounds: graph, durability, beside: [beside] }];
}

async function workflowOnce(
  width: number,
  concurrency: number,
  durability: Durability,
): Promise<number> {
  await using queue = openQueue(await freshDatabase('workflow'), durability);
  const graph = new Workflow('bench');
  const first = graph.addTask(step, params);
  const all = Array.from({ length: width }, () =>
    graph.addTask(step, params, { dependsOn: [first] }),
  );
  const last = graph.addTask(sum, { all: all.map((node) => node.result) });
  const handle = await graph.submitAll(queue);
  await using worker = new Worker(queue, { concurrency, tasks: [step, sum] });
  const began = performance.now();
  await worker.drain();
  const seconds = (performance.now() - began) / 1000;
  const total = await handle.result(last, { timeout: '0s' });
  if (total !== width) throw new Error(`The last job counted ${total} instead of ${width}`);
  return (width + 2) / seconds;
}
