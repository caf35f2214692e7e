/**
 * Where in the line a worker begins to look. What was claimed stays in the indexes until a vacuum (which comes once a minute, and
 * does nothing about it while a transaction somewhere holds an old snapshot), and each look from their start reads all of it. So
 * once looks are slow, the next ones begin where the last one found its first job. What comes back before that place by another
 * session waits until somebody looks there: all of it as soon as a worker finds too little, else a stretch at a time, for a fifteenth
 * of the time.
 */
import type { Clock } from '../store.ts';

/** What a look may take besides what it finds. */
const slowMs = { atLeast: 2, aJob: 0.03 };
/** So many slow looks, one after the other, are no accident. */
const patience = 10;
const restMs = { least: 250, times: 15 };
/**
 * What a look before the place takes, about. It reads whatever was claimed since the one before, and while a snapshot is held all
 * the rest once more, which may take many seconds: so it goes on, the next time, where it ended.
 */
const stretchMs = { least: 5, most: 25 };

/** No job's priority is higher: at this level nothing is passed over unread. */
const noLevel = Number.MAX_SAFE_INTEGER;

export class Front {
  readonly #clock: Clock;
  #from = 0;
  #level = noLevel;
  #slow = 0;
  #restsUntilMs = 0;
  /** Where the next look before the place begins, and how far it goes. */
  #since = 0;
  #length = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first job in the order of insertion that is looked for; 0: all are. */
  get from(): number {
    return this.#from;
  }

  /** The priority at which most of what is passed over stands. */
  get level(): number {
    return this.#from > 0 ? this.#level : noLevel;
  }

  /** Whether it is time to look before it. */
  get isDue(): boolean {
    return this.#from > 0 && this.#clock.mono() >= this.#restsUntilMs;
  }

  get now(): number {
    return this.#clock.mono();
  }

  /** A job became ready that may stand before. */
  lower(seq: number): void {
    this.#from = Math.min(this.#from, seq);
  }

  /** What stands before it, in the order of insertion. */
  get before(): Stretch {
    return { since: 0, until: this.#from };
  }

  /** As much of it as is to be looked through at a time. */
  get stretch(): Stretch {
    return { since: this.#since, until: Math.min(this.#from, this.#since + this.#length) };
  }

  /** What was found in a stretch, if anything, by a look that began then. */
  checked(seq: number | null, { since, until }: Stretch, sinceMs: number): void {
    const tookMs = this.now - sinceMs;
    const isWhole = since === 0 && until === this.#from;
    if (seq !== null) this.lower(seq);
    if (tookMs > stretchMs.most)
      this.#length = Math.ceil((until - since) * (stretchMs.most / tookMs));
    else if (tookMs < stretchMs.least) this.#length *= 2;
    this.#since = until < this.#from ? until : 0;
    // So little is no trouble to a look from the start.
    if (isWhole && tookMs < slowMs.atLeast) this.#from = 0;
    this.#rest(tookMs);
  }

  /** What a look found that began at `from`, and then; in the order of the line. */
  looked(jobs: readonly Found[], { from, sinceMs }: Begun): void {
    const last = jobs.at(-1);
    if (last === undefined) return;
    // What is more urgent comes and goes; the line goes on where most of it stands.
    const level = from > 0 ? Math.min(this.#level, last.priority) : last.priority;
    const first = jobs.find(({ priority }) => priority === level)?.seq ?? from;
    this.#level = level;
    // Unless it was lowered meanwhile.
    if (from > 0 && this.#from === from) this.#from = Math.max(from, first);
    else if (from === 0) this.#lookedThrough(first, jobs.length, this.now - sinceMs);
  }

  #lookedThrough(first: number, found: number, tookMs: number): void {
    const isSlow = tookMs >= slowMs.atLeast + slowMs.aJob * found;
    this.#slow = isSlow ? this.#slow + 1 : 0;
    if (this.#slow < patience) return;
    this.#slow = 0;
    this.#from = first;
    this.#since = 0;
    this.#length = Infinity;
    this.#rest(tookMs);
  }

  #rest(tookMs: number): void {
    this.#restsUntilMs = this.now + Math.max(restMs.least, tookMs * restMs.times);
  }
}

/** Of the workers that claim over one session. */
export class Fronts {
  readonly #clock: Clock;
  readonly #fronts = new Map<string, Front>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(instance: string): Front {
    const front = this.#fronts.get(instance) ?? new Front(this.#clock);
    this.#fronts.set(instance, front);
    return front;
  }

  /** A job became ready that may stand before others. */
  lower(seq: number): void {
    for (const front of this.#fronts.values()) front.lower(seq);
  }
}

/** Jobs by their numbers, the first one of the stretch and the first one after it. */
export interface Stretch {
  readonly since: number;
  readonly until: number;
}

interface Found {
  readonly seq: number;
  readonly priority: number;
}

export interface Begun {
  readonly from: number;
  readonly sinceMs: number;
}
