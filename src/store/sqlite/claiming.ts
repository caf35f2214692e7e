/** Claiming: which jobs a worker gets, and its lease on each. */
import type { ClaimedJob } from '../../core/job.ts';
import { isLone, knows, serves } from '../../core/standing.ts';
import { type HeldRow, type Lane, toClaimedJob } from '../rows.ts';
import type { Claim, ClaimRequest, Working } from '../store.ts';
import { type Context, type Member, move } from './context.ts';
import { withFewInputs } from './inputs.ts';

/** Due jobs that one claim makes ready at most. */
const promotionLimit = 1000;
/** Params that a claim takes on: a lease writes the whole row again, and nobody else can write meanwhile. */
const claimLength = 2_000_000;
/** How long they are shows only when jobs are leased: a few come first, and as many more as there is room for. */
const fewest = 16;

export function claiming(context: Context): Pick<Working, 'claim'> {
  return { claim: (request) => claim(context, request) };
}

/**
 * What a claim comes to without the write lock: a reply when there is nothing to take, undefined when there may be.
 * So an idle worker, and a crowd of them woken by one job, write nothing.
 */
export function claimByReading(context: Context, request: ClaimRequest): Claim | undefined {
  const claimant = claimantOf(context, request);
  if (claimant.worker === null) return fencedClaim;
  if (isDue(context, claimant)) return undefined;
  if (firstFor(context, request, claimant, 1).length > 0) return undefined;
  return { jobs: [], ...whatElse(context, request), fenced: false };
}

const fencedClaim: Claim = { jobs: [], nextDueMs: null, unknownTasks: [], fenced: true };

function claim(context: Context, request: ClaimRequest): Claim {
  const claimant = claimantOf(context, request);
  if (claimant.worker === null) return fencedClaim;
  if (isDue(context, claimant)) promote(context);
  const leased = leaseReady(context, request, claimant);
  return { jobs: leased.jobs, ...whatNext(context, request, leased), fenced: false };
}

function whatNext(
  context: Context,
  request: ClaimRequest,
  { jobs, isEnough }: Leased,
): Pick<Claim, 'nextDueMs' | 'unknownTasks'> {
  if (jobs.length === request.slots.length) return { nextDueMs: null, unknownTasks: [] };
  return isEnough ? { nextDueMs: 0, unknownTasks: [] } : whatElse(context, request);
}

/** What a claim looks at first. */
interface Claimant {
  /** Null: it was held for dead. */
  readonly worker: number | null;
  /** When the next scheduled job is due. */
  readonly runAt: number | null;
  /** Whether there may be ready suspects. */
  readonly hasSuspects: boolean;
}

/** One statement instead of three, for a job that comes alone pays for each. */
function claimantOf({ connection, lanes }: Context, request: ClaimRequest): Claimant {
  const { instance, epoch } = request.worker;
  const row = connection.get('claimant', { instance, epoch }) as unknown as Row;
  return { ...row, hasSuspects: row.hasSuspects === 1 || lanes.hasNewSuspects };
}

type Row = Pick<Claimant, 'worker' | 'runAt'> & { readonly hasSuspects: 0 | 1 };

function isDue({ clock }: Context, { runAt }: Claimant): boolean {
  return runAt !== null && runAt <= clock.wall();
}

function promote(context: Context): void {
  const now = context.clock.wall();
  for (const row of context.connection.all('promote', { now, limit: promotionLimit })) {
    move(context, row as unknown as Member, 'scheduled', 'pending');
  }
}

interface Leased {
  readonly jobs: readonly ClaimedJob[];
  /** Whether there are more, to be claimed by the next transaction. */
  readonly isEnough: boolean;
}

function leaseReady(context: Context, request: ClaimRequest, claimant: Claimant): Leased {
  const first = firstFor(context, request, claimant, request.slots.length);
  const leases = first.map((seq, place): Lease => [seq, newToken(), request.slots[place] ?? '']);
  const few = lease(context, leases.slice(0, fewest), claimant);
  const more = lease(context, leases.slice(fewest, roomFor(few)), claimant);
  return { jobs: [...few, ...more], isEnough: few.length + more.length < leases.length };
}

/** How many jobs like these one claim takes. */
function roomFor(jobs: readonly ClaimedJob[]): number {
  const length = jobs.reduce((sum, { params }) => sum + params.length, 0);
  return Math.floor((claimLength / length) * jobs.length);
}

/** The job, a token, a slot. */
type Lease = readonly [number, number, string];

function lease(context: Context, leases: readonly Lease[], { worker }: Claimant): ClaimedJob[] {
  if (leases.length === 0) return [];
  const grant = { leases: JSON.stringify(leases), worker, now: context.clock.wall() };
  const rows = context.connection.all('lease', grant) as unknown as HeldRow[];
  for (const row of rows) move(context, row, 'pending', 'running');
  const bySeq = new Map(rows.map((row) => [row.seq, row]));
  return leases.flatMap(([seq]) => {
    const row = bySeq.get(seq);
    return row === undefined
      ? []
      : withFewInputs(context, claimedFrom(context, row), row.passResults);
  });
}

export function claimedFrom({ lanes, workflows }: Context, row: HeldRow): ClaimedJob {
  return toClaimedJob(row, lanes.get(row.lane), workflows.idOf(row.workflow));
}

/** A lease is known by a number that no other lease of the job has: drawn from 2^53, and no secret. */
function newToken(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}

// ── which jobs ──────────────────────────────────────────────────────────────────────────────────

/** The ready jobs that a worker is to get, one suspect that it takes beside others before them. */
function firstFor(
  context: Context,
  request: ClaimRequest,
  { hasSuspects }: Claimant,
  limit: number,
): readonly number[] {
  const suspect = hasSuspects ? inLanes(context, loneLanes(context, request), 1) : [];
  return [...suspect, ...firstInLine(context, request, limit - suspect.length)];
}

function firstInLine(context: Context, request: ClaimRequest, limit: number): readonly number[] {
  if (limit === 0) return [];
  const line = context.connection.all('claim', { limit });
  const own = line.filter(({ lane }) => takes(request, context.lanes.get(Number(lane))));
  const isWholeLine = line.length < limit;
  if (isWholeLine || own.length === limit) return own.map(({ seq }) => Number(seq));
  // Others' jobs stand in the line.
  const lanes = context.lanes.ready().filter((lane) => takes(request, lane));
  return inLanes(context, lanes, limit);
}

function inLanes(
  { connection }: Context,
  lanes: readonly Lane[],
  limit: number,
): readonly number[] {
  if (lanes.length === 0) return [];
  const ids = JSON.stringify(lanes.map(({ id }) => id));
  return connection.all('claimInLanes', { lanes: ids, limit }).map(({ seq }) => Number(seq));
}

function takes(request: ClaimRequest, lane: Lane): boolean {
  return serves(request, lane) && knows(request, lane) && !isTakenAlone(request, lane);
}

/** Of suspects that it runs beside others, one at a time: one of them may be taken now. */
function loneLanes(context: Context, request: ClaimRequest): readonly Lane[] {
  if (!request.oneSuspect) return [];
  const isOwn = (lane: Lane): boolean => serves(request, lane) && knows(request, lane);
  return context.lanes.readySuspects().filter((lane) => isOwn(lane) && isTakenAlone(request, lane));
}

function isTakenAlone({ apart }: ClaimRequest, { task, suspect }: Lane): boolean {
  return isLone(apart, { task, suspect: suspect === 1 });
}

function whatElse(
  context: Context,
  request: ClaimRequest,
): Pick<Claim, 'nextDueMs' | 'unknownTasks'> {
  const unknown = context.lanes
    .ready()
    .filter((lane) => serves(request, lane) && !knows(request, lane));
  return {
    nextDueMs: nextDueMs(context),
    unknownTasks: [...new Set(unknown.map(({ task }) => task))],
  };
}

function nextDueMs(context: Context): number | null {
  const runAt = context.connection.get('nextDue')?.['runAt'];
  return typeof runAt === 'number' ? Math.max(0, runAt - context.clock.wall()) : null;
}
