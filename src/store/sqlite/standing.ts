/** Where one job stands, read by the rules of claiming: the lanes that its workers take, in the order of their claims. */
import type { JobRecord } from '../../core/job.ts';
import { aheadMax, knows, type Relative, serves, type Standing } from '../../core/standing.ts';
import type { OnParentFailure } from '../../core/state.ts';
import type { WorkerRecord } from '../../core/worker.ts';
import type { Context } from './context.ts';
import { standingAgainst } from './dependents.ts';
import { toJobRecord, toWorker } from './rows.ts';

const shownParents = 3;
const shownRoots = 3;
/** Ancestors that are looked at in search of roots: some ten milliseconds. */
const walked = 2000;

export function standing(context: Context, id: string): Standing | null {
  const { connection, clock } = context;
  const row = connection.get('get', { id });
  const found = connection.get('findJob', { id }) as unknown as Found | undefined;
  if (row === undefined || found === undefined) return null;
  const job = toJobRecord(row);
  const isBlocked = job.status === 'blocked';
  const { parents, total } = isBlocked ? holding(context, found.seq) : noParents;
  const workers = connection.all('workers').map(toWorker);
  return {
    job,
    onParentFailure: found.policy,
    parents: parents.map(({ id: parent, name, status }) => ({ id: parent, name, status })),
    parentCount: total,
    roots: isBlocked ? rootsOf(context, found.seq) : [],
    isTakenDown: job.status === 'cancelled' && found.takenDownBy !== null,
    against: job.status === 'cancelled' ? (standingAgainst(context, found) ?? null) : null,
    workers,
    ahead: job.status === 'pending' ? aheadOf(context, job, { ...found, workers }) : nobody,
    nowMs: clock.wall(),
  };
}

interface Found {
  readonly seq: number;
  readonly parents: number;
  readonly policy: OnParentFailure | null;
  readonly takenDownBy: number | null;
}

const nobody = { higher: 0, earlier: 0 };
const noParents = { parents: [], total: 0 };

interface Holding extends Relative {
  readonly total: number;
}

function holding(
  { connection }: Context,
  child: number,
  limit = shownParents,
): { readonly parents: readonly Relative[]; readonly total: number } {
  const rows = connection.all('holdingParents', { child, limit }) as unknown as readonly Holding[];
  return { parents: rows, total: rows[0]?.total ?? 0 };
}

/** Goes up from parent to parent, breadth first, to those that are not blocked themselves. */
function rootsOf(context: Context, seq: number): readonly string[] {
  const roots = new Set<string>();
  const seen = new Set([seq]);
  for (const child of seen) {
    if (roots.size >= shownRoots || seen.size > walked) break;
    for (const { id, status } of holding(context, child, walked).parents) {
      if (status !== 'blocked') roots.add(id);
      else seen.add(Number(context.connection.get('findJob', { id })?.['seq']));
    }
  }
  return [...roots].slice(0, shownRoots);
}

interface Place {
  readonly seq: number;
  readonly workers: readonly WorkerRecord[];
}

/** The ready jobs that a worker of this job takes before it. */
function aheadOf(
  { connection, lanes }: Context,
  job: JobRecord,
  { seq, workers }: Place,
): Standing['ahead'] {
  lanes.flush();
  const able = workers.filter(
    (worker) => worker.state === 'active' && knows(worker, job) && serves(worker, job),
  );
  const taken = lanes
    .ready()
    .filter((lane) => able.some((worker) => knows(worker, lane) && serves(worker, lane)));
  const row = connection.get('ahead', {
    lanes: JSON.stringify(taken.map((lane) => lane.id)),
    priority: job.priority,
    seq,
    limit: aheadMax,
  });
  return { higher: Number(row?.['higher']), earlier: Number(row?.['earlier']) };
}
