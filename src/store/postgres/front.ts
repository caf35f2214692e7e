/**
 * Where in the line a worker begins to look. What was claimed stays in the indexes until a vacuum (which comes once a minute, and
 * does nothing about it while a transaction somewhere holds an old snapshot), and each look from their start reads all of it. So
 * once looks are slow, the next ones begin where the last one found its first job. What comes back before that place by another
 * session waits until somebody looks there: as soon as a worker finds too little, else for a fifteenth of the time, or every half
 * minute.
 */
import type { Clock } from '../store.ts';

/** What a look may take besides what it finds. */
const slowMs = { atLeast: 2, aJob: 0.03 };
/** So many slow looks, one after the other, are no accident. */
const patience = 10;
/**
 * A look reads whatever was claimed since the one before, and not the rest once more, unless a snapshot is held: it takes as
 * much in all however often it is made, and is to take little at a time.
 */
const restMs = { least: 250, most: 30_000, times: 15 };

/** No job's priority is higher: at this level nothing is passed over unread. */
const noLevel = Number.MAX_SAFE_INTEGER;

export class Front {
  readonly #clock: Clock;
  #from = 0;
  #level = noLevel;
  #slow = 0;
  #restsUntilMs = 0;

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

  /** What was found before it, if anything, by a look that began then. */
  checked(seq: number | null, sinceMs: number): void {
    if (seq !== null) this.lower(seq);
    this.#rest(this.now - sinceMs);
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
    this.#rest(tookMs);
  }

  #rest(tookMs: number): void {
    const rest = Math.min(restMs.most, Math.max(restMs.least, tookMs * restMs.times));
    // A check that took no time costs none: everything is looked for again.
    if (tookMs < slowMs.atLeast / 2) this.#from = 0;
    this.#restsUntilMs = this.now + rest;
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

interface Found {
  readonly seq: number;
  readonly priority: number;
}

export interface Begun {
  readonly from: number;
  readonly sinceMs: number;
}
