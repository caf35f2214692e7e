/**
 * How long to leave a lock alone that another process holds. The longer one usually waits, the longer each pause: where many
 * wait, whoever looks too often takes the CPU from whoever holds it. Drawn anew each time, so that waiters do not march in step.
 */

const leastMs = 0.5;
const spreadMs = { least: 2, most: 20 };
/** How much of the usual wait one pause is at most, and how much the last wait counts for it. */
const share = 0.25;
const weight = 0.2;

export class Patience {
  #usualMs = 0;
  #since: number | undefined;

  /** The lock could not be had: how long until the next look. */
  pauseMs(now: number): number {
    this.#since ??= now;
    const spread = Math.min(spreadMs.most, Math.max(spreadMs.least, this.#usualMs * share));
    return leastMs + Math.random() * spread;
  }

  /** The wait, if there was one, is over, with the lock or without. */
  over(now: number): void {
    const waitedMs = this.#since === undefined ? 0 : now - this.#since;
    this.#usualMs += (waitedMs - this.#usualMs) * weight;
    this.#since = undefined;
  }
}
