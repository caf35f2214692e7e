/** Claiming: which jobs a worker gets, and its lease on each. */
import { decide } from '../../core/decide.ts';
import type { ClaimedJob } from '../../core/job.ts';
import { isLone, knows, serves } from '../../core/standing.ts';
import { type Lane, toClaimedJob } from '../rows.ts';
import type { Claim, ClaimRequest } from '../store.ts';
import { type Asynchronous, type Context, type Member, move, nothingEnds } from './context.ts';
import type { Front, Stretch } from './front.ts';
import { type ClaimedRow, few, withFewInputs } from './inputs.ts';
import { settling } from './settling.ts';
import type { Tokens } from './tokens.ts';
import type { Width } from './width.ts';

/** Due jobs that one claim makes ready at most. */
const promotionLimit = 1000;
/** With more lanes than this, a worker looks along the line of all that is ready first: it may take what it finds there. */
const fewLanes = 16;
const suspectWindow = 16;

export function claiming(context: Context, tokens: Tokens): Asynchronous<'claim'> {
  return { claim: (request) => claim(context, request, tokens) };
}

async function claim(context: Context, request: ClaimRequest, tokens: Tokens): Promise<Claim> {
  const lease = new Lease(context, request, tokens.of(request));
  const [, isAlive] = await Promise.all([
    context.isAtOnce && !context.dues.isDue ? null : promote(context, request),
    context.isAtOnce ? leaseAtOnce(lease, context) : leaseReady(lease, context, tokens),
  ]);
  if (!isAlive) return { jobs: [], ...nothingElse, fenced: true };
  return { jobs: await claimedFrom(context, lease.rows), ...lease.rest, fenced: false };
}

type Rest = Pick<Claim, 'nextDueMs' | 'unknownTasks'>;

const nothingElse: Rest = { nextDueMs: null, unknownTasks: [] };
/** Nobody has looked: it is to be asked for at once. */
const unseen: Rest = { nextDueMs: 0, unknownTasks: [] };

interface Due extends Member {
  readonly seq: number;
}

async function promote(context: Context, { worker }: ClaimRequest): Promise<void> {
  const values = { ...worker, limit: promotionLimit, atOnce: context.isAtOnce };
  const rows = await context.connection.all('promote', values);
  for (const row of rows as unknown as readonly Due[]) {
    move(context, row, 'scheduled', 'pending');
    context.fronts.lower(row.seq);
  }
}

/** Running jobs, as they cross the seam. */
export async function claimedFrom(
  context: Context,
  rows: readonly ClaimedRow[],
): Promise<readonly ClaimedJob[]> {
  const lanes = await context.lanes.get(rows.map(({ lane }) => lane));
  return rows.map((row, place) =>
    withFewInputs(toClaimedJob(row, lanes[place] as Lane, row.workflowId), row),
  );
}

// ── which jobs ──────────────────────────────────────────────────────────────────────────────────

/** What one look for jobs has come to. */
interface Granted {
  /** As many candidates as were looked for: there may be more. */
  readonly isCutShort: boolean;
  readonly isAlive: boolean;
}

interface Look {
  readonly lanes: readonly Lane[];
  readonly inLanes: boolean;
  readonly window: number;
  readonly limit: number;
  /** It is for a suspect that is taken before others, wherever it stands. */
  readonly isForSuspect?: boolean;
}

/** The ready jobs that a worker is to get, one suspect that it takes beside others before them. False if it is fenced. */
async function leaseReady(lease: Lease, context: Context, tokens: Tokens): Promise<boolean> {
  lease.rows.push(...(await leasedBefore(context, lease.request, tokens)));
  if (lease.rows.length > 0) return true;
  if (context.lanes.known.length === 0) await context.lanes.load();
  if (lease.front.isDue) await lease.lookThrough(lease.front.stretch);
  for (;;) {
    const { known } = context.lanes;
    if (!(await leaseSuspect(lease)) || !(await firstInLine(lease, context))) return false;
    const isNews = context.lanes.known.length > known.length;
    if (lease.isFull) return true;
    const isFound = await lease.lookBehind();
    if (!isNews && !isFound) return true;
  }
}

/** By one look, or the transaction fails. */
async function leaseAtOnce(lease: Lease, { sent, width }: Context): Promise<boolean> {
  const { free: limit, lanesInOrder: lanes } = lease;
  const window = width.windowOf(limit);
  const looked = lease.look({ lanes, inLanes: true, window, limit });
  sent([]);
  const { isAlive } = await looked;
  if (lease.isFull) width.found(limit, window);
  return isAlive;
}

/** Whether one look may be enough; where it is busy, nobody looks for what was passed over. */
export function isClaimedAtOnce(
  { lanes, fronts, isBusy }: Pick<Context, 'lanes' | 'fronts' | 'isBusy'>,
  request: ClaimRequest,
  tokens: Tokens,
): boolean {
  const own = ownLanes(lanes.known, request);
  const areFew = lanes.known.length > 0 && own.length <= fewLanes;
  const isHeard = tokens.unheardOf(request.worker).length === 0;
  const { isDue, from } = fronts.of(request.worker.instance);
  const isFromStart = isBusy ? !isDue : from === 0;
  return isHeard && isFromStart && areFew && loneLanes(own, request).length === 0;
}

/** Of suspects that it runs beside others, one at a time: one of them may be taken now. False if the worker is fenced. */
async function leaseSuspect(lease: Lease): Promise<boolean> {
  const lanes = lease.hasSuspect ? [] : lease.loneLanes;
  if (lanes.length === 0) return true;
  const { isAlive } = await lease.look({
    lanes,
    inLanes: true,
    window: suspectWindow,
    limit: 1,
    isForSuspect: true,
  });
  lease.hasSuspect = lease.rows.length > 0;
  return isAlive;
}

/** False if the worker is fenced. */
async function firstInLine(lease: Lease, { width }: Context): Promise<boolean> {
  const { lanesInOrder: lanes, free: limit } = lease;
  if (lanes.length > fewLanes) {
    const { isAlive } = await lease.look({ lanes, inLanes: false, window: limit, limit });
    if (!isAlive || lease.isFull) return isAlive;
  }
  return inLanes(lease, lanes, width);
}

/** Looks further and further past what others have locked. */
async function inLanes(lease: Lease, lanes: readonly Lane[], width: Width): Promise<boolean> {
  const wanted = lease.free;
  for (let window = width.windowOf(wanted); ; window = width.wider(window)) {
    const look = { lanes, inLanes: true, window, limit: lease.free };
    const { isAlive, isCutShort } = await lease.look(look);
    if (lease.isFull) width.found(wanted, window);
    const isSearched = !isCutShort || width.wider(window) === window;
    if (!isAlive || lease.isFull || isSearched) return isAlive;
  }
}

/** Takes jobs for the slots of a request, one look after the other. */
class Lease {
  readonly rows: ClaimedRow[] = [];
  readonly request: ClaimRequest;
  readonly front: Front;
  hasSuspect = false;
  /** What the last look has seen besides. */
  #rest = unseen;
  readonly #context: Context;
  readonly #tokens: readonly number[];

  constructor(context: Context, request: ClaimRequest, tokens: readonly number[]) {
    this.#context = context;
    this.request = request;
    this.#tokens = tokens;
    this.front = context.fronts.of(request.worker.instance);
  }

  get free(): number {
    return this.request.slots.length - this.rows.length;
  }

  get isFull(): boolean {
    return this.free === 0;
  }

  get rest(): Rest {
    if (this.isFull) return nothingElse;
    return { ...this.#rest, nextDueMs: sooner(this.#rest.nextDueMs, this.#nextStretchMs) };
  }

  /** Who claims no more would leave what stands there unseen. */
  get #nextStretchMs(): number | null {
    return this.request.goesOn === true ? this.front.dueMs : null;
  }

  get lanesInOrder(): readonly Lane[] {
    return this.#own.filter((lane) => !isTakenAlone(this.request, lane));
  }

  get loneLanes(): readonly Lane[] {
    return loneLanes(this.#own, this.request);
  }

  get #own(): readonly Lane[] {
    return ownLanes(this.#context.lanes.known, this.request);
  }

  /** Whether somebody stands before the place where looks begin, now that too few stand after it. */
  async lookBehind(): Promise<boolean> {
    const { front, request } = this;
    if (front.from === 0) return false;
    if (request.goesOn !== true) return this.lookThrough(front.before);
    if (await this.lookThrough(front.near)) return true;
    return front.dueMs === 0 && this.lookThrough(front.stretch);
  }

  /** Whether somebody stands in a stretch before the place where looks begin; then they begin there. */
  async lookThrough(stretch: Stretch): Promise<boolean> {
    const { level, now } = this.front;
    const lanes = idsOf(this.#own);
    const row = await this.#context.connection.get('passedOver', { ...stretch, level, lanes });
    const seq = row?.['seq'];
    this.front.checked(typeof seq === 'number' ? seq : null, stretch, now);
    return typeof seq === 'number';
  }

  async look(look: Look): Promise<Granted> {
    const { followed } = this.#context.ending;
    const granted = await this.#look(look);
    if (granted !== null) return granted;
    await followed;
    this.#context.ending = nothingEnds;
    return this.look(look);
  }

  /** Null: somebody waits for jobs that end in this transaction, and has to be released first. */
  async #look({ lanes, isForSuspect = false, ...look }: Look): Promise<Granted | null> {
    const { connection, lanes: remembered, ending, dues, ...how } = this.#context;
    const start = this.rows.length;
    const { from, level, now } = this.front;
    const found = await connection.all('claim', {
      ...look,
      ...this.request.worker,
      lanes: idsOf(lanes),
      strange: idsOf(strangeLanes(remembered.known, this.request)),
      ended: ending.seqs,
      from,
      level,
      atOnce: how.isAtOnce,
      busy: how.isBusy,
      counted: how.isCounted,
      ...few,
      laneCount: remembered.known.length,
      promoted: dues.isDue,
      tokens: this.#tokens.slice(start),
      slots: this.request.slots.slice(start),
    });
    const whole = JSON.parse(String(found[0]?.['whole'])) as Whole;
    const { laneCount, seen, alive, early } = whole;
    if (early) return null;
    dues.told(whole.dueMs);
    this.#rest = restOf(whole);
    const isNews = laneCount !== remembered.known.length;
    if (isNews) await remembered.load();
    const rows = found.filter(({ seq }) => seq !== null) as unknown as readonly ClaimedRow[];
    for (const row of rows) move(this.#context, row, 'pending', 'running');
    // What was sent along with others has waited for them, and for their commits.
    const sinceMs = how.isAtOnce ? this.front.now - whole.tookMs : now;
    const lastSeq = look.inLanes && seen === 0 && !isNews ? whole.lastSeq : null;
    if (!isForSuspect) this.front.looked(rows, { from, sinceMs, lastSeq });
    this.rows.push(...rows);
    return { isCutShort: rows.length < look.limit && seen >= look.window, isAlive: alive };
  }
}

interface Whole {
  readonly laneCount: number;
  readonly seen: number;
  readonly alive: boolean;
  readonly early: boolean;
  /** Until the next job is due; null: none is scheduled. */
  readonly dueMs: number | null;
  /** Of those that are strange to the worker; null: there is none, or there was enough. */
  readonly readyLanes: readonly Lane[] | null;
  /** The last job that there is; null: there is none, or there was enough. */
  readonly lastSeq: number | null;
  /** The statement, by the server's clock. */
  readonly tookMs: number;
}

function restOf({ dueMs, readyLanes }: Whole): Rest {
  return {
    nextDueMs: dueMs === null ? null : Math.max(0, dueMs),
    unknownTasks: [...new Set(readyLanes?.map(({ task }) => task))],
  };
}

function sooner(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/**
 * What was leased by commits whose answers were lost. What this very request leased is its; what no claim of this
 * transaction did is given back, at no cost, for nobody knows of it.
 */
async function leasedBefore(
  context: Context,
  request: ClaimRequest,
  tokens: Tokens,
): Promise<readonly ClaimedRow[]> {
  const { connection } = context;
  const unheard = tokens.unheardOf(request.worker);
  if (unheard.length === 0) return [];
  await connection.get('lockWorker', { ...request.worker });
  const values = { ...request.worker, tokens: unheard, limit: unheard.length };
  const rows = (await connection.all('runningJobs', values)) as unknown as readonly ClaimedRow[];
  const own = tokens.of(request);
  await giveBack(
    context,
    rows.filter(({ token }) => !tokens.isCurrent(token)),
  );
  const mine = rows.filter(({ token }) => own.includes(token));
  return mine.toSorted((a, b) => own.indexOf(a.token) - own.indexOf(b.token));
}

async function giveBack(context: Context, rows: readonly ClaimedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const jobs = await claimedFrom(context, rows);
  await settling(context).settle(jobs.map((job) => decide(job, { kind: 'released' }, 0)));
}

function ownLanes(known: readonly Lane[], request: ClaimRequest): readonly Lane[] {
  return known.filter((lane) => serves(request, lane) && knows(request, lane));
}

/** Of its queues, but of tasks that it does not know. */
function strangeLanes(known: readonly Lane[], request: ClaimRequest): readonly Lane[] {
  return known.filter((lane) => serves(request, lane) && !knows(request, lane));
}

function idsOf(lanes: readonly Lane[]): readonly number[] {
  return lanes.map(({ id }) => id);
}

function loneLanes(own: readonly Lane[], request: ClaimRequest): readonly Lane[] {
  return request.oneSuspect ? own.filter((lane) => isTakenAlone(request, lane)) : [];
}

function isTakenAlone({ apart }: ClaimRequest, { task, suspect }: Lane): boolean {
  return isLone(apart, { task, suspect: suspect === 1 });
}
