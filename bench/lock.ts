// How long one transaction keeps the write lock from other processes, at worst, while very much is to be done.
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { JobQueue, task, Worker, Workflow } from 'gigq';
import { params } from './data.ts';
import { bench, fill, freshDatabase } from './database.ts';
import type { Finding } from './figures.ts';
import { type Settings, sized } from './settings.ts';

/** How long nobody else may have to wait for a transaction. */
const heldMs = 100;

/** More than one transaction takes on. */
const together = 5000;
const inFlight = 'submits, 5,000 in flight';
/** What params may take is ten times as much. */
const large = { text: 'x'.repeat(100_000) };
const largeTogether = 1000;
const workflowsTogether = 500;

const bulky = task('bulky', async ({ text }: typeof large) => ({ text }));

type Work = (queue: JobQueue, jobs: number) => Promise<unknown>;

const works: Readonly<Record<string, Work>> = {
  [inFlight]: async (queue, jobs) => {
    for (let left = jobs; left > 0; left -= together)
      await Promise.all(Array.from({ length: together }, () => bench.submit(queue, params)));
  },
  'jobs that run, 1,000 at a time': (queue) => drain(queue, bench),
  'clearing what has ended': (queue) => queue.clearCompleted(),
  'submits of a thousand a call': (queue, jobs) => fill(queue, jobs),
  'cancelling, all calls in flight': async (queue) => {
    const ids = (await queue.listJobs({ limit: 1000 })).map(({ id }) => id);
    await Promise.all(ids.map((id) => queue.cancel(id)));
  },
  'submits of 100 kB, 1,000 in flight': (queue) =>
    Promise.all(Array.from({ length: largeTogether }, () => bulky.submit(queue, large))),
  'jobs of 100 kB that run, results as large': (queue) => drain(queue, bulky),
  'workflows of three that run, 500 of them': async (queue) => {
    await Promise.all(Array.from({ length: workflowsTogether }, () => chain().submitAll(queue)));
    await drain(queue, bench);
  },
};

async function drain(queue: JobQueue, of: typeof bench | typeof bulky): Promise<void> {
  await using worker = new Worker(queue, { concurrency: 1000, tasks: [of] });
  await worker.drain();
}

function chain(): Workflow {
  const workflow = new Workflow('chain');
  const first = workflow.addTask(bench, params);
  const second = workflow.addTask(bench, params, { dependsOn: [first] });
  workflow.addTask(bench, params, { dependsOn: [first, second] });
  return workflow;
}

export async function lock(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 50_000);
  const rounds: Record<string, number[]> = {};
  while ((rounds[inFlight]?.length ?? 0) < settings.rounds) await measure(rounds, jobs, settings);
  return Object.entries(rounds).map(([name, longest]) => ({
    name: `longest transaction, ${name}`,
    unit: 'ms',
    rounds: longest,
    durability: settings.durability,
    target: { atMost: heldMs },
  }));
}

async function measure(
  rounds: Record<string, number[]>,
  jobs: number,
  { durability }: Settings,
): Promise<void> {
  await using queue = new JobQueue(await freshDatabase('lock'), { inPlace: true, durability });
  const database = await openedBy(queue);
  for (const [name, work] of Object.entries(works))
    (rounds[name] ??= []).push(await longestHold(database, () => work(queue, jobs)));
}

/**
 * The connection of a queue, without its automatic checkpoints: they are part of the call that commits, but come after the lock
 * was let go (https://www.sqlite.org/c3ref/wal_hook.html), and so keep nobody waiting.
 */
async function openedBy(queue: JobQueue): Promise<DatabaseSync> {
  const original = DatabaseSync.prototype.exec;
  const opened: DatabaseSync[] = [];
  DatabaseSync.prototype.exec = function (this: DatabaseSync, text: string) {
    opened.push(this);
    original.call(this, text.replace(/wal_autocheckpoint = \d+/u, 'wal_autocheckpoint = 0'));
  };
  try {
    await queue.stats();
  } finally {
    DatabaseSync.prototype.exec = original;
  }
  const [database] = opened;
  if (database === undefined) throw new Error('The queue has opened no database');
  return database;
}

/** Of all transactions in this thread: from the moment at which one has the lock until it has committed. */
async function longestHold(database: DatabaseSync, work: () => Promise<unknown>): Promise<number> {
  const original = StatementSync.prototype.run;
  let longest = 0;
  let sinceMs = Infinity;
  StatementSync.prototype.run = function (this: StatementSync, ...values: never[]) {
    const { sourceSQL } = this;
    const reply = Reflect.apply(original, this, values) as ReturnType<typeof original>;
    if (sourceSQL === 'BEGIN IMMEDIATE') sinceMs = performance.now();
    if (sourceSQL === 'COMMIT') {
      longest = Math.max(longest, performance.now() - sinceMs);
      database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    return reply;
  };
  try {
    await work();
  } finally {
    StatementSync.prototype.run = original;
  }
  return longest;
}
