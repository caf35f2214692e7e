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

export async function standing(context: Context, id: string): Promise<Standing | null> {
  const { connection } = context;
  const [row, found, workers, now] = await Promise.all([
    connection.get('get', { id }),
    connection.get('findJob', { id }) as unknown as Promise<Found | undefined>,
    candidates(context),
    connection.get('now'),
  ]);
  if (row === undefined || found === undefined) return null;
  const job = toJobRecord(row);
  const place = { ...found, workers, nowMs: Number(now?.['now']) };
  return {
    job,
    onParentFailure: found.policy,
    ...(await waitingFor(context, job, found)),
    ...(await endedBy(context, job, found)),
    workers,
    holder: job.status === 'running' ? await holderOf(context, place) : null,
    losses: job.suspect ? await lossesOf(context, found.seq) : [],
    ahead: isReady(job, place.nowMs) ? await aheadOf(context, job, place) : nobody,
    nowMs: place.nowMs,
  };
}

interface Life {
  readonly instance: string;
  readonly epoch: number;
}

type Worker = Candidate & Life;

async function candidates({ connection }: Context): Promise<readonly Worker[]> {
  const [busy, workers] = await Promise.all([
    connection.all('loneSuspects') as unknown as Promise<readonly Life[]>,
    connection.all('workers', { lostOnly: false }),
  ]);
  return workers
    .map(toWorker)
    .map((worker) => ({ ...worker, hasLoneSuspect: busy.some((life) => isSame(life, worker)) }));
}

function isSame(one: Life, other: Life): boolean {
  return one.instance === other.instance && one.epoch === other.epoch;
}

async function holderOf(
  { connection }: Context,
  { seq, workers }: Pick<Place, 'seq' | 'workers'>,
): Promise<Worker | null> {
  const holder = (await connection.get('holder', { seq })) as unknown as Life | undefined;
  return workers.find((worker) => holder !== undefined && isSame(holder, worker)) ?? null;
}

async function lossesOf(context: Context, seq: number): Promise<readonly ExecutionRecord[]> {
  const executions = await lastExecutions(context, seq);
  return executions.filter(({ status }) => status === 'lost').slice(-shownLosses);
}

interface Found {
  readonly seq: number;
  readonly policy: OnParentFailure | null;
  readonly takenDownBy: number | null;
}

// ── what it waits for ───────────────────────────────────────────────────────────────────────────

type Waiting = Pick<Standing, 'parents' | 'parentCount' | 'roots' | 'isCutShort'>;

async function waitingFor(context: Context, job: JobRecord, { seq }: Found): Promise<Waiting> {
  if (job.status !== 'blocked')
    return { parents: [], parentCount: 0, roots: [], isCutShort: false };
  const { parents, total } = await holding(context, seq);
  return {
    parents: parents.map(({ id, name, status }) => ({ id, name, status })),
    parentCount: total,
    ...(await rootsOf(context, seq)),
  };
}

interface Holding extends Relative {
  readonly seq: number;
  readonly total: number;
}

async function holding(
  { connection }: Context,
  child: number,
  limit = shownParents,
): Promise<{ readonly parents: readonly Holding[]; readonly total: number }> {
  const rows = await connection.all('holdingParents', { child, limit });
  const parents = rows as unknown as readonly Holding[];
  return { parents, total: parents[0]?.total ?? 0 };
}

/**
 * Goes up from parent to parent, breadth first, to those that are not blocked themselves. Bounded by what is read, for it
 * keeps others waiting.
 */
async function rootsOf(context: Context, seq: number): Promise<Roots> {
  const roots = new Set<string>();
  const seen = new Set([seq]);
  let read = 0;
  for (const child of seen) {
    if (roots.size >= shownRoots) break;
    if (read >= walked) return { roots: [...roots], isCutShort: roots.size === 0 };
    const { parents } = await holding(context, child, walked - read);
    read += parents.length;
    for (const { id, seq: parent, status } of parents) {
      if (status === 'blocked') seen.add(parent);
      else roots.add(id);
    }
  }
  return { roots: [...roots].slice(0, shownRoots), isCutShort: false };
}

type Roots = Pick<Standing, 'roots' | 'isCutShort'>;

// ── what ended it ───────────────────────────────────────────────────────────────────────────────

async function endedBy(
  context: Context,
  job: JobRecord,
  { seq, takenDownBy }: Found,
): Promise<Pick<Standing, 'cause' | 'against'>> {
  if (job.status !== 'cancelled') return { cause: null, against: null };
  const against = (await standingAgainst(context, [seq])).get(seq) ?? null;
  return { cause: await causeOf(context, takenDownBy), against };
}

/** The job whose ending took this one down in the end: the first above it that was not taken down itself. */
async function causeOf(
  { connection }: Context,
  takenDownBy: number | null,
): Promise<Standing['cause']> {
  let cause: Standing['cause'] = null;
  for (let seq = takenDownBy; seq !== null;) {
    const row = (await connection.get('takenDown', { seq })) as unknown as Cause | undefined;
    if (row === undefined) return cause;
    cause = { id: row.id, name: row.name, status: row.status };
    seq = row.takenDownBy;
  }
  return cause;
}

interface Cause extends Relative {
  readonly takenDownBy: number | null;
}

// ── what is ahead of it ─────────────────────────────────────────────────────────────────────────

interface Place {
  readonly seq: number;
  readonly nowMs: number;
  readonly workers: readonly Worker[];
}

const nobody = { higher: 0, earlier: 0 };

/**
 * The ready jobs that a worker of this job takes before it. Suspects that it takes one at a time stand in a line of their
 * own, and do not keep the others waiting.
 */
async function aheadOf(
  { connection }: Context,
  job: JobRecord,
  { seq, workers, nowMs }: Place,
): Promise<Standing['ahead']> {
  const able = workers.filter(
    (worker) => isLive(worker, nowMs) && knows(worker, job) && serves(worker, job),
  );
  const competes = (worker: Worker, { task, queue, suspect }: Lane): boolean =>
    knows(worker, { task }) &&
    serves(worker, { queue }) &&
    isLone(worker.moduleTasks, { task, suspect: suspect === 1 }) ===
      isLone(worker.moduleTasks, job);
  const ready = (await connection.all('readyLanes')) as unknown as readonly Lane[];
  const taken = ready.filter((lane) => able.some((worker) => competes(worker, lane)));
  const row = await connection.get('ahead', {
    lanes: taken.map((lane) => lane.id),
    priority: job.priority,
    seq,
    limit: aheadMax,
  });
  return { higher: Number(row?.['higher']), earlier: Number(row?.['earlier']) };
}
