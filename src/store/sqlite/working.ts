/** Claiming jobs and recording how their executions ended. */
import type { ClaimedJob, Settlement } from '../../core/job.ts';
import { isFinal, type JobStatus } from '../../core/state.ts';
import { isLone, knows, serves } from '../../core/standing.ts';
import type { Claim, ClaimRequest, Settled, WorkerKey, Working } from '../store.ts';
import { type Context, instantOf, type Member, move } from './context.ts';
import { ended } from './dependents.ts';
import { inputs, withFewInputs } from './inputs.ts';
import type { Lane } from './lanes.ts';
import { type HeldRow, type ReadyRow, toClaimedJob } from './rows.ts';

/** Due jobs that one claim makes ready at most. */
const promotionLimit = 1000;

export function working(context: Context): Working {
  return {
    claim: (request) => claim(context, request),
    inputs: (leases) => leases.map((lease) => inputs(context, lease)),
    settle: (settlements) => settleAll(context, settlements),
    progress: (reports) => {
      const now = context.clock.wall();
      return reports.map(({ lease: { seq, token }, progress }) => {
        const values = { seq, token, progress: JSON.stringify(progress), now };
        return context.connection.run('progress', values) === 1;
      });
    },
  };
}

// ── claim ───────────────────────────────────────────────────────────────────────────────────────

/**
 * What a claim comes to without the write lock: a reply when there is nothing to take, undefined when there may be.
 * So an idle worker, and a crowd of them woken by one job, write nothing.
 */
export function claimByReading(context: Context, request: ClaimRequest): Claim | undefined {
  if (workerId(context, request.worker) === undefined) return fencedClaim;
  const dueMs = nextDueMs(context);
  if (dueMs !== null && dueMs <= 0) return undefined;
  const { wanted, lone } = wantedLanes(context, request);
  if (wanted.length + lone.length > 0) return undefined;
  return { jobs: [], ...whatElse(context, request), fenced: false };
}

const fencedClaim: Claim = { jobs: [], nextDueMs: null, unknownTasks: [], fenced: true };

function claim(context: Context, request: ClaimRequest): Claim {
  const worker = workerId(context, request.worker);
  if (worker === undefined) return fencedClaim;
  promote(context);
  const jobs = leaseReady(context, request, worker);
  const isFull = jobs.length === request.slots.length;
  const rest = isFull ? { nextDueMs: null, unknownTasks: [] } : whatElse(context, request);
  return { jobs, ...rest, fenced: false };
}

function workerId(context: Context, { instance, epoch }: WorkerKey): number | undefined {
  const row = context.connection.get('liveWorker', { instance, epoch });
  return row === undefined ? undefined : Number(row['id']);
}

function promote(context: Context): void {
  const due = nextDueMs(context);
  if (due === null || due > 0) return;
  const now = context.clock.wall();
  for (const row of context.connection.all('promote', { now, limit: promotionLimit })) {
    move(context, row as unknown as Member, 'scheduled', 'pending');
  }
}

function leaseReady(context: Context, request: ClaimRequest, worker: number): ClaimedJob[] {
  context.lanes.flush();
  const { wanted, lone } = wantedLanes(context, request);
  const suspect = readyIn(context, lone, 1);
  const ready = [...suspect, ...readyIn(context, wanted, request.slots.length - suspect.length)];
  const lanes = new Map([...wanted, ...lone].map((lane) => [lane.id, lane]));
  const now = context.clock.wall();
  const held = ready.map((row, place): HeldRow => {
    const { queue, task, suspect: isSuspect } = lanes.get(row.lane) as Lane;
    const grant = { token: newToken(), slot: request.slots[place] as string };
    const run = { attempts: row.attempts + 1, number: row.number + 1, startedAt: now };
    return { ...row, ...run, ...grant, queue, task, suspect: isSuspect };
  });
  leaseAll(context, held, { worker, now });
  return held.map((row) => withFewInputs(context, claimedFrom(context, row), row.passResults));
}

function leaseAll(
  context: Context,
  jobs: readonly HeldRow[],
  by: { readonly worker: number; readonly now: number },
): void {
  if (jobs.length === 0) return;
  const leases = JSON.stringify(jobs.map(({ seq, token, slot }) => [seq, token, slot]));
  context.connection.run('lease', { leases, ...by });
  for (const job of jobs) move(context, job, 'pending', 'running');
}

function readyIn({ connection }: Context, lanes: readonly Lane[], limit: number): ReadyRow[] {
  if (lanes.length === 0 || limit === 0) return [];
  const ids = JSON.stringify(lanes.map(({ id }) => id));
  return connection.all('claim', { lanes: ids, limit }) as unknown as ReadyRow[];
}

export function claimedFrom({ workflows }: Context, row: HeldRow): ClaimedJob {
  return toClaimedJob(row, workflows.idOf(row.workflow));
}

/** A lease is known by a number that no other lease of the job has: drawn from 2^53, and no secret. */
function newToken(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}

interface LaneChoice {
  readonly wanted: readonly Lane[];
  /** Of suspects that it runs beside others, one at a time: one of them may be taken now. */
  readonly lone: readonly Lane[];
  /** In this worker's queues, but of tasks that it does not know. */
  readonly unknown: readonly Lane[];
}

function wantedLanes(context: Context, request: ClaimRequest): LaneChoice {
  const inQueue = context.lanes.ready().filter((lane) => serves(request, lane));
  const known = inQueue.filter((lane) => knows(request, lane));
  const isTakenAlone = ({ task, suspect }: Lane): boolean =>
    isLone(request.apart, { task, suspect: suspect === 1 });
  return {
    wanted: known.filter((lane) => !isTakenAlone(lane)),
    lone: request.oneSuspect ? known.filter(isTakenAlone) : [],
    unknown: inQueue.filter((lane) => !knows(request, lane)),
  };
}

function whatElse(
  context: Context,
  request: ClaimRequest,
): Pick<Claim, 'nextDueMs' | 'unknownTasks'> {
  const { unknown } = wantedLanes(context, request);
  return {
    nextDueMs: nextDueMs(context),
    unknownTasks: [...new Set(unknown.map((lane) => lane.task))],
  };
}

function nextDueMs(context: Context): number | null {
  const runAt = context.connection.get('nextDue')?.['runAt'];
  return typeof runAt === 'number' ? Math.max(0, runAt - context.clock.wall()) : null;
}

// ── settle ──────────────────────────────────────────────────────────────────────────────────────

/** Those that have ended release their dependents together: a job whose parents end in one batch is written once. */
function settleAll(context: Context, settlements: readonly Settlement[]): readonly Settled[] {
  const now = context.clock.wall();
  const replies = settlements.map((settlement) => settle(context, settlement, now));
  const over = settlements.filter(
    ({ status }, place) => replies[place] === 'settled' && isFinal(status),
  );
  ended(
    context,
    over.map(({ lease }) => lease.seq),
  );
  return replies;
}

function settle(context: Context, settlement: Settlement, now: number): Settled {
  const error = settlement.error === null ? null : JSON.stringify(settlement.error);
  const write = isFinal(settlement.status) ? end : retry;
  return write(context, settlement, { error, now })
    ? 'settled'
    : settledBefore(context, settlement);
}

interface Written {
  /** As JSON. */
  readonly error: string | null;
  readonly now: number;
}

/** A run that ends its job as it ends itself is recorded by the job's row: one write. */
function end(context: Context, settlement: Settlement, written: Written): boolean {
  const { lease, status, execution, attempts, result } = settlement;
  if (execution !== status && !record(context, settlement, written)) return false;
  const { seq, token } = lease;
  const ending = { seq, token, status, attempts, result, ...written };
  if (context.connection.run('settle', ending) === 0) return false;
  move(context, { ...lease, nextLane: accuse(context, settlement) }, 'running', status);
  context.done.change = true;
  return true;
}

function retry(context: Context, settlement: Settlement, written: Written): boolean {
  if (!record(context, settlement, written)) return false;
  const { lease, due, status, attempts } = settlement;
  const runAt = due === null ? null : instantOf(due, written.now);
  const row = context.connection.get('retry', {
    seq: lease.seq,
    status,
    attempts,
    runAt,
    ...written,
  });
  const nextLane = accuse(context, settlement);
  move(context, { ...lease, nextLane }, 'running', row?.['status'] as JobStatus);
  context.done.work = true;
  return true;
}

/** False if the lease is lost. */
function record(
  { connection }: Context,
  { lease: { seq, token }, execution: status }: Settlement,
  written: Written,
): boolean {
  return connection.run('recordExecution', { seq, token, status, ...written }) === 1;
}

/** The lane in which the job is from now on: suspects have lanes of their own. Most settlements accuse nobody. */
function accuse(context: Context, settlement: Settlement): number {
  const { lease, crashes, expiries, suspect, execution } = settlement;
  const lane = context.lanes.counterpart(lease.lane, suspect);
  if (lane !== lease.lane || execution === 'lost')
    context.connection.run('accuse', { seq: lease.seq, crashes, expiries, lane });
  return lane;
}

function settledBefore(context: Context, { lease, execution }: Settlement): Settled {
  const { seq, token } = lease;
  const row = context.connection.get('endedAs', { seq, token });
  return row?.['status'] === execution ? 'duplicate' : 'lost';
}
