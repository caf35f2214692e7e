/**
 * Where in the line a worker begins to look. While a transaction somewhere holds an old snapshot, what was claimed since stays
 * in the indexes, and each look from their start reads all of it. So once looks are slow, the next ones begin where the last
 * one found its first job; what comes back before that place waits until the line is looked through from its start again,
 * which is the rarer the longer it takes: for a fiftieth of the time, or every half minute. Who finds too few looks from the start at
 * once, and what comes back by the session itself is not passed over.
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
  #endsAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first job in the order of insertion that is looked for; 0: all are. */
  get from(): number {
    if (this.#clock.mono() >= this.#endsAtMs) this.#from = 0;
    return this.#from;
  }

  get now(): number {
    return this.#clock.mono();
  }

  /** The line is looked through from its start again. */
  restart(): void {
    this.#from = 0;
  }

  /** Nobody is passed over who became ready by this session. */
  lower(seq: number): void {
    this.#from = Math.min(this.#from, seq);
  }

  /** What a look found that began at `from`, and since when it went on. */
  looked(seqs: readonly number[], { from, sinceMs }: Begun): void {
    if (seqs.length === 0) return;
    const first = Math.min(...seqs);
    if (from > 0) this.#from = this.#from === from ? Math.max(from, first) : this.#from;
    else this.#lookedThrough(first, this.#clock.mono() - sinceMs);
  }

  #lookedThrough(first: number, tookMs: number): void {
    this.#slow = tookMs < slowMs ? 0 : this.#slow + 1;
    if (this.#slow < patience) return;
    const rest = Math.min(restMs.most, Math.max(restMs.least, tookMs * restMs.times));
    this.#from = first;
    this.#endsAtMs = this.#clock.mono() + rest;
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
