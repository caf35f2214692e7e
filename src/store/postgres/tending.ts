/** Cancelling, requeueing and removing jobs: what `core/state.ts` allows is done, the rest left as it is. */
import { allows, type Command, type JobStatus, sourcesOf } from '../../core/state.ts';
import type { PruneRequest, Reply, Tending } from '../store.ts';
import { type Asynchronous, type Context, move } from './context.ts';
import { bringBack, type Ended, ended } from './dependents.ts';

/** Jobs that one chunk of pruning reads at most: a few milliseconds of their locks. */
const pruneChunk = 1000;

export function tending(context: Context): Asynchronous<keyof Tending> {
  return {
    cancel: (ids) => oneByOne(ids, (id) => cancelOne(context, id)),
    requeue: (ids) => oneByOne(ids, (id) => requeueOne(context, id)),
    cancelWorkflow: (id) => cancelWorkflow(context, id),
    requeueWorkflow: (id) => requeueWorkflow(context, id),
    prune: (request) => prune(context, request),
  };
}

/** What becomes of one may decide what can be done to the next. */
async function oneByOne(
  ids: readonly string[],
  act: (id: string) => Promise<boolean>,
): Promise<readonly boolean[]> {
  const replies: boolean[] = [];
  for (const id of ids) replies.push(await act(id));
  return replies;
}

async function find(
  { connection }: Context,
  id: string,
  command: Command,
): Promise<Ended | undefined> {
  const seq = (await connection.get('findJob', { id }))?.['seq'];
  if (typeof seq !== 'number') return undefined;
  const row = (await connection.get('lockJobs', { seqs: [seq] })) as unknown as Ended | undefined;
  return row !== undefined && allows(command, row.status) ? row : undefined;
}

async function jobsOf(
  { connection }: Context,
  workflow: string,
  command: Command,
): Promise<readonly Ended[]> {
  const seq = (await connection.get('findWorkflow', { id: workflow }))?.['seq'];
  if (typeof seq !== 'number') return [];
  const statuses = sourcesOf(command);
  const rows = await connection.all('workflowJobs', { workflow: seq, statuses });
  return rows as unknown as readonly Ended[];
}

async function cancelOne(context: Context, id: string): Promise<boolean> {
  const job = await find(context, id, 'cancel');
  if (job === undefined) return false;
  await cancel(context, [job]);
  return true;
}

async function cancelWorkflow(context: Context, id: string): Promise<number> {
  const jobs = await jobsOf(context, id, 'cancel');
  await cancel(context, jobs);
  return jobs.length;
}

/** All of them first: what waits among them is neither released nor taken down by another's end. */
async function cancel(context: Context, jobs: readonly Ended[]): Promise<void> {
  if (jobs.length === 0) return;
  const { connection, done } = context;
  const seqs = jobs.map(({ seq }) => seq);
  await Promise.all([
    connection.all('recordCancelled', { seqs }),
    connection.all('cancel', { seqs }),
  ]);
  for (const job of jobs) move(context, job, job.status, 'cancelled');
  done.work ||= jobs.some(({ status }) => status === 'running');
  done.change = true;
  await ended(context, seqs);
}

async function requeueOne(context: Context, id: string): Promise<boolean> {
  const job = await find(context, id, 'requeue');
  return job !== undefined && (await bringBack(context, [job], { adopt: false })) > 0;
}

async function requeueWorkflow(context: Context, id: string): Promise<number> {
  return bringBack(context, await jobsOf(context, id, 'requeue'), { adopt: true });
}

// ── pruning ─────────────────────────────────────────────────────────────────────────────────────

interface Candidate {
  readonly seq: number;
  readonly status: JobStatus;
  readonly workflow: number | null;
  readonly completedAt: number | null;
}

async function prune(context: Context, request: PruneRequest): Promise<Reply<'prune'>> {
  const { workflows } = context;
  const below = request.after ?? Number.MAX_SAFE_INTEGER;
  const rows = await candidates(context, 'pruneCandidates', { below, limit: pruneChunk });
  const before = await pruneBefore(context, request);
  const old = rows.filter((job) => mayGo(job, before)).map(({ seq }) => seq);
  // What they are is looked at again once they are locked: one may have come back since.
  const locked = old.length === 0 ? [] : await candidates(context, 'lockJobs', { seqs: old });
  const going = await unneeded(
    context,
    locked.filter((job) => mayGo(job, before)),
  );
  await workflows.flush();
  await remove(context, going);
  await workflows.flushRemovals(before);
  const isLast = rows.length < pruneChunk;
  return { removed: going.length, next: isLast ? null : (rows.at(-1)?.seq ?? null) };
}

async function candidates(
  { connection }: Context,
  ...statement: Parameters<Context['connection']['all']>
): Promise<readonly Candidate[]> {
  return (await connection.all(...statement)) as unknown as readonly Candidate[];
}

function mayGo({ status, completedAt }: Candidate, before: number): boolean {
  return allows('prune', status) && (completedAt ?? 0) < before;
}

/** The newest first: what needed a job may go just before it. */
async function unneeded(
  { connection }: Context,
  jobs: readonly Candidate[],
): Promise<readonly Candidate[]> {
  if (jobs.length === 0) return [];
  const pairs = await connection.all('needs', { seqs: jobs.map(({ seq }) => seq) });
  const needs = Map.groupBy(pairs, ({ parent }) => Number(parent));
  const going = new Map<number, Candidate>();
  for (const job of jobs.toSorted((a, b) => b.seq - a.seq)) {
    const isNeeded = needs.get(job.seq)?.some(({ child }) => !going.has(Number(child))) ?? false;
    if (!isNeeded) going.set(job.seq, job);
  }
  return [...going.values()];
}

async function remove(context: Context, jobs: readonly Candidate[]): Promise<void> {
  if (jobs.length === 0) return;
  await context.connection.all('removeJobs', { seqs: jobs.map(({ seq }) => seq) });
  for (const job of jobs) move(context, job, job.status, null);
}

async function pruneBefore({ connection }: Context, { before }: PruneRequest): Promise<number> {
  if (before === null) return Number.MAX_SAFE_INTEGER;
  if ('atMs' in before) return before.atMs;
  return Number((await connection.get('now'))?.['now']) - before.agoMs;
}
