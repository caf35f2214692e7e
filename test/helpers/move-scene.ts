// A file that holds jobs in every state that there is, and what can be seen of a database, to compare two of them.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { FatalError, Job, JobQueue, type JobStatus, task, Worker, Workflow } from 'gigq';
import { processIdentity } from '../../dist/worker/identity.js';
import { newWorker } from './store-seam.ts';
import { SqliteSeam, temporaryFolder } from './store-sqlite.ts';

const double = task('double', async ({ value }: { value: number }) => 2 * value);
const total = task('total', async ({ values }: { values: readonly number[] }) =>
  values.reduce((sum, value) => sum + value, 0),
);
const outcome = task('outcome', async ({ of }: { of: { status: string } }) => of.status);
const children = task('children', async (_: {}, { parentResults }) => Object.keys(parentResults));
const weak = task('weak', async (_: {}, { job }) => {
  if (job.attempt < 3) throw new TypeError('too \0 weak');
  return 'strong';
});
const hopeless = task('hopeless', async () => {
  throw new FatalError('never \ud800');
});
const slow = task('slow', async (_: {}, { signal }) => {
  await once(signal, 'abort');
});
const dance = task('dance', async () => 'danced');

export const tasks = [double, total, outcome, children, weak, hopeless, slow, dance];

/** What a client submits of every kind, and a worker runs as far as that goes. */
async function fill(queue: JobQueue): Promise<void> {
  await using worker = new Worker(queue, { tasks });
  const good = await double.submit(queue, { value: 2 });
  await children.submit(queue, {}, { dependencies: [good.id] });
  // Its parent is cleared, and still named.
  await hopeless.submit(queue, {}, { dependencies: [good.id] });
  await worker.drain();
  await queue.clearCompleted();
  await slow.submit(queue, {}, { timeout: '20ms', maxAttempts: 1, priority: 3 });
  await weak.submit(queue, {}, { retryDelay: '1h' });
  const bad = await hopeless.submit(queue);
  for (const onParentFailure of ['cancel', 'wait', 'run'] as const)
    await dance.submit(queue, {}, { dependencies: [bad.id], onParentFailure });
  const done = new Workflow('done');
  const [a, b] = [done.addTask(double, { value: 1 }), done.addTask(double, { value: 4 })];
  done.addTask(total, { values: [a.result, b.result, 5] });
  await done.submitAll(queue);
  await worker.drain();
  await refill(queue);
}

/** What stays for a worker to come. */
async function refill(queue: JobQueue): Promise<void> {
  const options = { name: 'Ünïcode 🕺', description: 'two\nlines', queue: 'floor', priority: -7 };
  await dance.submit(queue, {}, options);
  await dance.submit(queue, {}, { runAt: new Date('9999-12-31T23:59:59.999Z'), timeout: false });
  const later = await double.submit(queue, { value: 8 }, { delay: '1h', maxAttempts: 9 });
  await total.submit(queue, { values: [1] }, { dependencies: [later.id], passParentResults: true });
  const exponential = {
    delay: '1s',
    backoff: 'exponential',
    maxDelay: '1m',
    jitter: true,
  } as const;
  await (await dance.submit(queue, {}, { retry: exponential })).cancel();
  const open = new Workflow('open');
  const first = open.addTask(double, { value: 21 });
  const broken = open.addTask(hopeless);
  open.addTask(outcome, { of: broken.settled }, { onParentFailure: 'run' });
  open.addTask(total, { values: [first.result, 0.5] }, { dependsOn: [first] });
  await open.submitAll(queue);
  // The last place in the order of insertion is of a job that is gone.
  await (await queue.submit(new Job({ task: dance }))).cancel();
}

/** A worker takes two jobs, and dies. */
async function die(path: string): Promise<void> {
  const seam = new SqliteSeam(path);
  await seam.enqueue();
  const { pid } = spawnSync(process.execPath, ['--version']);
  const identity = { ...processIdentity(), pid, tasks: ['dance', 'double'] };
  const key = await seam.call('register', newWorker('dead', identity));
  const claim = { worker: key, tasks: identity.tasks, queues: null, slots: ['w-0', 'w-1'] };
  await seam.call('claim', { ...claim, apart: [], oneSuspect: true });
  await seam.store.close();
}

/** The path of such a file, which nobody has open. */
export async function fullFile(): Promise<string> {
  const path = join(temporaryFolder(), 'jobs.db');
  const queue = new JobQueue(path, { durability: 'relaxed', inPlace: true });
  await fill(queue);
  await queue.close();
  await die(path);
  return path;
}

/** All that the public interface tells of a database; newest first. */
export async function everythingIn(database: string): Promise<{
  readonly statuses: Readonly<Record<JobStatus | 'total', number>>;
  readonly jobs: readonly unknown[];
  readonly workflows: readonly unknown[];
}> {
  await using queue = new JobQueue(database, { initialize: false, inPlace: true });
  const jobs = await queue.listJobs({ limit: 1000 });
  const workflows = await queue.listWorkflows();
  return {
    statuses: await queue.stats(),
    jobs: await Promise.all(jobs.map(({ id }) => queue.getStatus(id))),
    workflows: await Promise.all(
      workflows.map(async (info) => [info, await queue.getWorkflow(info.id).status()]),
    ),
  };
}

// ── files with nothing but ready jobs ───────────────────────────────────────────────────────────

export const greet = task('greet', async (params: unknown) => params);

export function newPath(): string {
  return join(temporaryFolder(), 'jobs.db');
}

export async function fileOf(jobs: number): Promise<string> {
  const path = newPath();
  await using queue = new JobQueue(path, { durability: 'relaxed', inPlace: true });
  await greet.submitMany(
    queue,
    Array.from({ length: jobs }, (_, n) => n),
  );
  return path;
}
