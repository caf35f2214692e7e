/** Where one job stands, read by the rules of claiming: the lanes that its workers take, in the order of their claims. */
import type { ExecutionRecord, JobRecord } from '../../core/job.ts';
import {
  aheadMax,
  type Candidate,
  isLive,
  isLone,
  isReady,
  knows,
  type Relative,
  serves,
  type Standing,
} from '../../core/standing.ts';
import type { OnParentFailure } from '../../core/state.ts';
import { type Lane, toJobRecord, toWorker } from '../rows.ts';
import type { Context } from './context.ts';
import { standingAgainst } from './dependents.ts';
import { lastExecutions } from './executions.ts';

const shownParents = 3;
const shownRoots = 3;
const shownLosses = 3;
/** Parents that are read in search of roots: some ten milliseconds. */
const walked = 5000;

export function standing(context: Context, id: string): Standing | null {
  const { connection, clock } = context;
  const nowMs = clock.wall();
  const row = connection.get('get', { id });
  const found = connection.get('findJob', { id }) as unknown as Found | undefined;
  if (row === undefined || found === undefined) return null;
  const job = toJobRecord(row);
  const isBlocked = job.status === 'blocked';
  const { parents, total } = isBlocked ? holding(context, found.seq) : noParents;
  const workers = candidates(context);
  return {
    job,
    onParentFailure: found.policy,
    parents: parents.map(({ id: parent, name, status }) => ({ id: parent, name, status })),
    parentCount: total,
    ...(isBlocked ? rootsOf(context, found.seq) : noRoots),
    cause: job.status === 'cancelled' ? causeOf(context, found.takenDownBy) : null,
    against: job.status === 'cancelled' ? (standingAgainst(context, found) ?? null) : null,
    workers,
    holder: job.status === 'running' ? holderOf(context, found.seq, workers) : null,
    losses: job.suspect ? lossesOf(context, found.seq) : [],
    ahead: isReady(job, nowMs) ? aheadOf(context, job, { ...found, workers, nowMs }) : nobody,
    nowMs,
  };
}

interface Life {
  readonly instance: string;
  readonly epoch: number;
}

type Worker = Candidate & Life;

function candidates({ connection }: Context): readonly Worker[] {
  const busy = connection.all('loneSuspects') as unknown as readonly Life[];
  return connection
    .all('workers')
    .map(toWorker)
    .map((worker) => ({ ...worker, hasLoneSuspect: busy.some((life) => isSame(life, worker)) }));
}

function isSame(one: Life, other: Life): boolean {
  return one.instance === other.instance && one.epoch === other.epoch;
}

function holderOf({ connection }: Context, seq: number, workers: readonly Worker[]): Worker | null {
  const holder = connection.get('holder', { seq }) as unknown as Life | undefined;
  return workers.find((worker) => holder !== undefined && isSame(holder, worker)) ?? null;
}

function lossesOf(context: Context, seq: number): readonly ExecutionRecord[] {
  return lastExecutions(context, seq)
    .filter(({ status }) => status === 'lost')
    .slice(-shownLosses);
}

interface Found {
  readonly seq: number;
  readonly parents: number;
  readonly policy: OnParentFailure | null;
  readonly takenDownBy: number | null;
}

const nobody = { higher: 0, earlier: 0 };
const noParents = { parents: [], total: 0 };
const noRoots: Roots = { roots: [], isCutShort: false };

interface Holding extends Relative {
  readonly seq: number;
  readonly total: number;
}

function holding(
  { connection }: Context,
  child: number,
  limit = shownParents,
): { readonly parents: readonly Holding[]; readonly total: number } {
  const rows = connection.all('holdingParents', { child, limit }) as unknown as readonly Holding[];
  return { parents: rows, total: rows[0]?.total ?? 0 };
}

/**
 * Goes up from parent to parent, breadth first, to those that are not blocked themselves. Bounded by what is read, for it
 * keeps others waiting.
 */
function rootsOf(context: Context, seq: number): Roots {
  const roots = new Set<string>();
  const seen = new Set([seq]);
  let read = 0;
  for (const child of seen) {
    if (roots.size >= shownRoots) break;
    if (read >= walked) return { roots: [...roots], isCutShort: roots.size === 0 };
    const { parents } = holding(context, child, walked - read);
    read += parents.length;
    for (const { id, seq: parent, status } of parents) {
      if (status === 'blocked') seen.add(parent);
      else roots.add(id);
    }
  }
  return { roots: [...roots].slice(0, shownRoots), isCutShort: false };
}

type Roots = Pick<Standing, 'roots' | 'isCutShort'>;

/** The job whose ending took this one down in the end: the first above it that was not taken down itself. */
function causeOf({ connection }: Context, takenDownBy: number | null): Standing['cause'] {
  let cause: Standing['cause'] = null;
  for (let seq = takenDownBy; seq !== null;) {
    const row = connection.get('takenDown', { seq }) as unknown as Cause | undefined;
    if (row === undefined) return cause;
    cause = { id: row.id, name: row.name, status: row.status };
    seq = row.takenDownBy;
  }
  return cause;
}

interface Cause extends Relative {
  readonly takenDownBy: number | null;
}

interface Place {
  readonly seq: number;
  readonly nowMs: number;
  readonly workers: readonly Worker[];
}

/**
 * The ready jobs that a worker of this job takes before it. Suspects that it takes one at a time stand in a line of their
 * own, and do not keep the others waiting.
 */
function aheadOf(
  { connection, lanes }: Context,
  job: JobRecord,
  { seq, workers, nowMs }: Place,
): Standing['ahead'] {
  lanes.flush();
  const able = workers.filter(
    (worker) => isLive(worker, nowMs) && knows(worker, job) && serves(worker, job),
  );
  const competes = (worker: Worker, { task, queue, suspect }: Lane): boolean =>
    knows(worker, { task }) &&
    serves(worker, { queue }) &&
    isLone(worker.moduleTasks, { task, suspect: suspect === 1 }) ===
      isLone(worker.moduleTasks, job);
  const taken = lanes.ready().filter((lane) => able.some((worker) => competes(worker, lane)));
  const row = connection.get('ahead', {
    lanes: JSON.stringify(taken.map((lane) => lane.id)),
    priority: job.priority,
    seq,
    limit: aheadMax,
  });
  return { higher: Number(row?.['higher']), earlier: Number(row?.['earlier']) };
}
