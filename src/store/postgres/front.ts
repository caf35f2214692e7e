/**
 * Where in the line a worker begins to look. While a transaction somewhere holds an old snapshot, what was claimed since stays
 * in the indexes, and each look from their start reads all of it. So once looks are slow, the next ones begin where the last
 * one found its first job. What comes back before that place by another session waits until somebody looks there: as soon as a
 * worker finds too little, else for a fiftieth of the time, or every half minute.
 */
import type { Clock } from '../store.ts';

const slowMs = 25;
/** So many slow looks, one after the other, are no accident. */
const patience = 3;
const restMs = { least: 250, most: 30_000, times: 50 };

export class Front {
  readonly #clock: Clock;
  #from = 0;
  #slow = 0;
  #restsUntilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first job in the order of insertion that is looked for; 0: all are. */
  get from(): number {
    return this.#from;
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

  /** What a look found that began at `from`, and then. */
  looked(seqs: readonly number[], { from, sinceMs }: Begun): void {
    if (seqs.length === 0) return;
    const first = Math.min(...seqs);
    // Unless it was lowered meanwhile.
    if (from > 0 && this.#from === from) this.#from = Math.max(from, first);
    else if (from === 0) this.#lookedThrough(first, this.now - sinceMs);
  }

  #lookedThrough(first: number, tookMs: number): void {
    this.#slow = tookMs < slowMs ? 0 : this.#slow + 1;
    if (this.#slow < patience) return;
    this.#slow = 0;
    this.#from = first;
    this.#rest(tookMs);
  }

  #rest(tookMs: number): void {
    const rest = Math.min(restMs.most, Math.max(restMs.least, tookMs * restMs.times));
    // A check that took no time costs none: everything is looked for again.
    if (tookMs < slowMs / 2) this.#from = 0;
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

export interface Begun {
  readonly from: number;
  readonly sinceMs: number;
}
