/**
 * When a worker is held for dead because its beat stands still. Nobody compares clocks: a sweeper counts only what it
 * has itself seen, on its own monotonic clock, and only while it could see. A database that nobody can write to, a
 * suspended machine and a sweeper that was frozen look alike from the inside: the sweeper's looks or its own beats
 * stop as well. After any of them it starts to watch anew, so that nobody is held for dead in the rush.
 */

/** A life of a worker as one look saw it. */
export interface Seen {
  readonly instance: string;
  readonly epoch: number;
  readonly beat: number;
  readonly leaseMs: number;
  readonly state: 'active' | 'stopping' | 'lost';
  /** How many jobs it holds. */
  readonly running: number;
}

export interface Look<Worker extends Seen> {
  /** The sweeper's own instance: its beats show that the database could be written to. */
  readonly self: string;
  readonly workers: readonly Worker[];
  /** On the sweeper's monotonic clock: the look happened somewhere between the two. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** What a sweeper remembers from one look to the next: whose beat stands, and since when. */
export interface Vigil {
  readonly askedAtMs: number;
  readonly standing: ReadonlyMap<string, Standing>;
}

interface Standing {
  readonly beat: number;
  readonly sinceMs: number;
}

export interface Verdict<Worker extends Seen> {
  readonly vigil: Vigil;
  /** Whose jobs are to be taken: their beat stood for long enough, or they were held for dead before. */
  readonly dead: readonly Worker[];
  /** How long until a beat that stands now will have stood long enough; null if none is watched. */
  readonly nextMs: number | null;
}

/**
 * The share of its own lease for which a sweeper may see nothing, or fail to beat, and still trust what it saw. What
 * stops all beats for no longer than this keeps none from coming within a lease, the third between two beats included.
 */
const patience = 0.5;

/** What a sweeper makes of a look, given what it remembers of those before. */
export function watch<Worker extends Seen>(
  previous: Vigil | null,
  look: Look<Worker>,
): Verdict<Worker> {
  const abandoned = look.workers.filter(({ state, running }) => state === 'lost' && running > 0);
  const alive = look.workers.filter(({ state }) => state !== 'lost');
  const own = alive.find(({ instance }) => instance === look.self);
  if (own === undefined) return { vigil: nothingSeen(look), dead: abandoned, nextMs: null };
  const vigil = remember(previous, look, own);
  const leftMs = (worker: Worker): number => leaseFor(own, worker) - stoodMs(vigil, look, worker);
  const others = alive.filter((worker) => worker !== own);
  const waits = others.map(leftMs).filter((ms) => ms > 0);
  return {
    vigil,
    dead: [...abandoned, ...others.filter((worker) => leftMs(worker) <= 0)],
    nextMs: waits.length === 0 ? null : Math.min(...waits),
  };
}

function nothingSeen({ askedAtMs }: Look<Seen>): Vigil {
  return { askedAtMs, standing: new Map() };
}

function remember(previous: Vigil | null, look: Look<Seen>, own: Seen): Vigil {
  const trusted = couldSee(previous, look, own) ? previous : null;
  const standing = new Map<string, Standing>();
  for (const worker of look.workers) {
    const known = worker === own ? previous : trusted;
    standing.set(lifeOf(worker), standingOf(known, look, worker));
  }
  return { askedAtMs: look.askedAtMs, standing };
}

/** Whether this look and the sweeper's own last beat came in time for what it remembers to count. */
function couldSee(previous: Vigil | null, look: Look<Seen>, own: Seen): boolean {
  if (previous === null) return false;
  const oldest = Math.min(previous.askedAtMs, standingOf(previous, look, own).sinceMs);
  return look.answeredAtMs - oldest <= own.leaseMs * patience;
}

function standingOf(known: Vigil | null, look: Look<Seen>, worker: Seen): Standing {
  const before = known?.standing.get(lifeOf(worker));
  if (before?.beat === worker.beat) return before;
  return { beat: worker.beat, sinceMs: look.answeredAtMs };
}

function lifeOf({ instance, epoch }: Seen): string {
  return `${instance}/${epoch}`;
}

/** A sweeper beats by its own lease, so it cannot tell a shorter outage from a death: the longer lease counts. */
function leaseFor(own: Seen, worker: Seen): number {
  return Math.max(own.leaseMs, worker.leaseMs);
}

/** How long the worker's beat has stood for certain. */
function stoodMs(vigil: Vigil, look: Look<Seen>, worker: Seen): number {
  return look.askedAtMs - standingOf(vigil, look, worker).sinceMs;
}
