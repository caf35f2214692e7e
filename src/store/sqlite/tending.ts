/** Cancelling, requeueing and removing jobs: what `core/state.ts` allows is done, the rest left as it is. */
import { allows, type Command, sourcesOf } from '../../core/state.ts';
import type { PruneRequest, Tending } from '../store.ts';
import { type Context, move } from './context.ts';
import { bringBack, type Ended, ended } from './dependents.ts';

/** Jobs that one chunk of pruning reads at most: a few milliseconds of the write lock. */
const pruneChunk = 1000;

interface Standing extends Ended {
  readonly id: string;
  readonly token: number | null;
}

export function tending(context: Context): Tending {
  return {
    cancel: (ids) => ids.map((id) => cancelOne(context, id)),
    requeue: (ids) => ids.map((id) => requeueOne(context, id)),
    cancelWorkflow: (id) => cancelWorkflow(context, id),
    requeueWorkflow: (id) => requeueWorkflow(context, id),
    prune: (request) => prune(context, request),
  };
}

function find(context: Context, id: string, command: Command): Standing | undefined {
  const row = context.connection.get('findJob', { id }) as unknown as Standing | undefined;
  return row !== undefined && allows(command, row.status) ? row : undefined;
}

function jobsOf(context: Context, workflow: string, command: Command): readonly Standing[] {
  const seq = context.connection.get('findWorkflow', { id: workflow })?.['seq'];
  if (seq === undefined) return [];
  const statuses = JSON.stringify(sourcesOf(command));
  const rows = context.connection.all('workflowJobs', { workflow: Number(seq), statuses });
  return rows as unknown as readonly Standing[];
}

function cancelOne(context: Context, id: string): boolean {
  const job = find(context, id, 'cancel');
  if (job === undefined) return false;
  cancel(context, job);
  ended(context, [job.seq]);
  return true;
}

/** All of them first: what waits within the workflow is neither released nor taken down by another's end. */
function cancelWorkflow(context: Context, id: string): number {
  const jobs = jobsOf(context, id, 'cancel');
  for (const job of jobs) cancel(context, job);
  ended(
    context,
    jobs.map(({ seq }) => seq),
  );
  return jobs.length;
}

function cancel(context: Context, job: Standing): void {
  const { seq, status, token } = job;
  const now = context.clock.wall();
  if (status === 'running') {
    context.connection.run('recordExecution', {
      seq,
      token,
      status: 'cancelled',
      error: null,
      now,
    });
    context.done.work = true;
  }
  context.connection.run('cancel', { seq, now });
  move(context, job, status, 'cancelled');
  context.done.change = true;
}

function requeueOne(context: Context, id: string): boolean {
  const job = find(context, id, 'requeue');
  return job !== undefined && bringBack(context, job, { adopt: false }) > 0;
}

/** In whatever order: a job whose parent is not back yet is left to it, and comes back with it. */
function requeueWorkflow(context: Context, id: string): number {
  let count = 0;
  for (const { id: each } of jobsOf(context, id, 'requeue')) {
    const job = find(context, each, 'requeue');
    if (job !== undefined) count += bringBack(context, job, { adopt: true });
  }
  return count;
}

interface Candidate extends Standing {
  readonly completedAt: number | null;
}

function prune(context: Context, request: PruneRequest): { removed: number; next: number | null } {
  const rows = context.connection.all('pruneCandidates', {
    below: request.after ?? Number.MAX_SAFE_INTEGER,
    limit: pruneChunk,
  }) as unknown as Candidate[];
  const before = pruneBefore(context, request);
  context.workflows.flush();
  // One after the other: what needed a job may have gone just before it.
  const removed = rows.filter((job) => mayGo(job, before) && remove(context, job)).length;
  context.workflows.flushRemovals(before);
  const isLast = rows.length < pruneChunk;
  return { removed, next: isLast ? null : (rows.at(-1)?.seq ?? null) };
}

function mayGo({ status, completedAt }: Candidate, before: number): boolean {
  return allows('prune', status) && (completedAt ?? 0) < before;
}

/** Unless a dependent still needs it. */
function remove(context: Context, job: Candidate): boolean {
  const { seq, status } = job;
  if (context.connection.get('isNeeded', { seq }) !== undefined) return false;
  context.connection.run('removeJob', { seq });
  move(context, job, status, null);
  return true;
}

function pruneBefore(context: Context, { before }: PruneRequest): number {
  if (before === null) return Number.MAX_SAFE_INTEGER;
  return 'atMs' in before ? before.atMs : context.clock.wall() - before.agoMs;
}
