// Whether a worker is slowed down by the jobs that wait: its own, scheduled ones, and those that it cannot run.
import { type JobQueue, task } from 'gigq';
import { Child } from './child.ts';
import { type params, result } from './data.ts';
import { copyOf, fill, freshDatabase, openQueue, template, vacuum } from './database.ts';
import type { Finding } from './figures.ts';
import { type Durability, type Settings, sized } from './settings.ts';
import { inTurn } from './turns.ts';

const few = 10_000;
/** Of the jobs that a worker runs, those whose rate is taken: it has settled down, and does not run dry. */
const window = { from: 1000, to: 9000 };
const unknown = task('unknown-to-the-worker', async (_: typeof params) => result);

export async function backlog(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 1_000_000);
  const { durability } = settings;
  const large = await copyOf(await template(jobs), 'backlog');
  const scheduled = await withScheduled(large, jobs, durability);
  const foreign = await withForeign(jobs, durability);
  // Each takes half a second, so there are twice as many rounds.
  const taken = await inTurn(settings.rounds * 2, {
    small: async () =>
      rateIn(await withOwn(await freshDatabase('backlog-small'), durability), settings),
    large: () => rateIn(large, settings),
    scheduled: () => rateIn(scheduled, settings),
    foreign: async () => rateIn(await withOwn(foreign, durability), settings),
  });
  const million = jobs.toLocaleString('en-US');
  const figure = (name: string, rounds: readonly number[]): Finding => ({
    name,
    unit: 'jobs/s',
    rounds,
    durability,
    beside: [{ name: 'backlog of 10,000', rounds: taken.small, target: { atLeast: 0.9 } }],
  });
  return [
    figure(`backlog of ${million}`, taken.large),
    figure(`backlog of ${million}, and as many scheduled`, taken.scheduled),
    figure(`backlog of 10,000, and ${million} ready of other queues and tasks`, taken.foreign),
  ];
}

async function rateIn(
  database: string,
  { concurrency = 100, durability }: Settings,
): Promise<number> {
  const worker = { concurrency, queues: ['default'] };
  await using child = await Child.start({ database, durability, worker });
  return await child.call('rate', window);
}

async function withOwn(path: string, durability: Durability): Promise<string> {
  await filled(path, durability, (queue) => fill(queue, few));
  return path;
}

async function withScheduled(large: string, jobs: number, durability: Durability): Promise<string> {
  const path = await copyOf(large, 'backlog-scheduled');
  await filled(path, durability, (queue) => fill(queue, jobs, { delay: '7d' }));
  await vacuum(path);
  return path;
}

async function withForeign(jobs: number, durability: Durability): Promise<string> {
  const path = await freshDatabase('backlog-foreign');
  await filled(path, durability, async (queue) => {
    await fill(queue, Math.ceil(jobs / 2), { queue: 'other' });
    await fill(queue, Math.ceil(jobs / 2), { of: unknown });
  });
  await vacuum(path);
  return path;
}

async function filled(
  database: string,
  durability: Durability,
  work: (queue: JobQueue) => Promise<void>,
): Promise<void> {
  await using queue = openQueue(database, durability);
  await work(queue);
}
