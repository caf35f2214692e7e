/** Cancelling, requeueing and removing jobs: what `core/state.ts` allows is done, the rest left as it is. */
import { allows, type Command, type JobStatus } from '../../core/state.ts';
import type { PruneRequest, Tending } from '../store.ts';
import type { Context } from './context.ts';

/** Jobs that one chunk of pruning reads at most: a few milliseconds of the write lock. */
const pruneChunk = 1000;

interface Standing {
  readonly seq: number;
  readonly lane: number;
  readonly status: JobStatus;
  readonly token: number | null;
}

export function tending(context: Context): Tending {
  return {
    cancel: (ids) => ids.map((id) => cancel(context, id)),
    requeue: (ids) => ids.map((id) => requeue(context, id)),
    prune: (request) => prune(context, request),
  };
}

function find(context: Context, id: string, command: Command): Standing | undefined {
  const row = context.connection.get('findJob', { id }) as unknown as Standing | undefined;
  return row !== undefined && allows(command, row.status) ? row : undefined;
}

function cancel(context: Context, id: string): boolean {
  const job = find(context, id, 'cancel');
  if (job === undefined) return false;
  const { seq, lane, status, token } = job;
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
  context.lanes.move(lane, status, 'cancelled');
  context.done.change = true;
  return true;
}

function requeue(context: Context, id: string): boolean {
  const job = find(context, id, 'requeue');
  if (job === undefined) return false;
  context.connection.run('requeue', { seq: job.seq, now: context.clock.wall() });
  context.lanes.move(job.lane, job.status, 'pending');
  context.done.work = true;
  return true;
}

interface Candidate extends Standing {
  readonly completedAt: number | null;
}

function prune(context: Context, request: PruneRequest): { removed: number; next: number | null } {
  const rows = context.connection.all('pruneCandidates', {
    after: request.after ?? 0,
    limit: pruneChunk,
  }) as unknown as Candidate[];
  const endedBefore = pruneBefore(context, request);
  const old = rows.filter(
    (job) => allows('prune', job.status) && (job.completedAt ?? 0) < endedBefore,
  );
  for (const job of old) {
    context.connection.run('removeJob', { seq: job.seq });
    context.lanes.move(job.lane, job.status, null);
  }
  const isLast = rows.length < pruneChunk;
  return { removed: old.length, next: isLast ? null : (rows.at(-1)?.seq ?? null) };
}

function pruneBefore(context: Context, { before }: PruneRequest): number {
  if (before === null) return Infinity;
  return 'atMs' in before ? before.atMs : context.clock.wall() - before.agoMs;
}
