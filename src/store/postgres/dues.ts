/** When the next scheduled job is due, as far as a session knows: each claim tells. */
import type { Clock } from '../store.ts';

export class Dues {
  readonly #clock: Clock;
  /** Until the first claim it is not known. */
  #dueAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there may be jobs to be made ready. */
  get isDue(): boolean {
    return this.#clock.mono() >= this.#dueAtMs;
  }

  /** In how long the next one is due; null: none is scheduled. */
  told(dueMs: number | null): void {
    this.#dueAtMs = dueMs === null ? Infinity : this.#clock.mono() + dueMs;
  }
}
