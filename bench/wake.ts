// What one new job costs when many idle workers watch the file: whether all of them run for it.
import { setTimeout as sleep } from 'node:timers/promises';
import { allSettled, Child, endChildren, startChildren } from './child.ts';
import { freshDatabase } from './database.ts';
import type { Finding } from './figures.ts';
import { cpuMs, isLinux, writesIn } from './proc.ts';
import type { Settings } from './settings.ts';

const jobs = 20;
const gapMs = 200;

export async function wake(settings: Settings): Promise<Finding[]> {
  if (!isLinux) return [{ name: 'wake', skipped: 'it needs /proc' }];
  const { durability, quick } = settings;
  const workers = quick ? 5 : 50;
  const database = await freshDatabase('wake');
  const children = await startChildren(workers, { database, durability, worker: {} });
  try {
    await Promise.all(children.map((child) => child.call('start')));
    await using submitting = await Child.start({ database, durability });
    const rounds: Cost[] = [];
    while (rounds.length < settings.rounds)
      rounds.push(await costOf(database, children, submitting));
    const name = `a new job, ${workers} idle worker processes`;
    return [
      {
        name,
        unit: 'write transactions',
        rounds: rounds.map(({ transactions }) => transactions),
        durability,
      },
      {
        name: `${name}, CPU of all of them`,
        unit: 'ms',
        rounds: rounds.map(({ cpu }) => cpu),
        durability,
      },
    ];
  } finally {
    await endChildren(children);
  }
}

interface Cost {
  readonly transactions: number;
  readonly cpu: number;
}

/** Of a job: what is written and worked while jobs come, less what is written and worked in as much time without any. */
async function costOf(
  database: string,
  children: readonly Child[],
  submitting: Child,
): Promise<Cost> {
  await sleep(1000);
  const look = (): { commits: number; beats: number; cpu: number; at: number } => ({
    ...writesIn(database),
    cpu: children.reduce((total, { pid }) => total + cpuMs(pid), 0),
    at: performance.now(),
  });
  const first = look();
  await sleep(jobs * gapMs);
  const before = look();
  await submitting.call('send', { jobs, gapMs });
  await allSettled(submitting);
  const after = look();
  const idleCpu = (before.cpu - first.cpu) / (before.at - first.at);
  return {
    transactions: (after.commits - before.commits - (after.beats - before.beats)) / jobs,
    cpu: (after.cpu - before.cpu - idleCpu * (after.at - before.at)) / jobs,
  };
}
