/**
 * How far a claim looks for its jobs, in times their number. Others lock what is first in line while they claim it: whoever
 * looks no further than that finds nothing. What it took to find enough is remembered, and tried with less now and then.
 */

const widening = 4;
const widest = 8192;
/** After so many claims a narrower look is tried. */
const patience = 64;

export class Width {
  #times = 1;
  #claims = 0;

  /** How many candidates to look at for so many jobs. */
  windowOf(jobs: number): number {
    return Math.min(widest, jobs * this.#times);
  }

  /** The next wider one; the same if nobody should look further. */
  wider(window: number): number {
    return Math.max(window, Math.min(widest, window * widening));
  }

  /** As many jobs as were wanted have been found in a window. */
  found(jobs: number, window: number): void {
    const times = Math.max(1, Math.ceil(window / Math.max(1, jobs)));
    this.#claims = times > this.#times ? 0 : this.#claims + 1;
    this.#times = Math.max(times, this.#times);
    if (this.#claims < patience) return;
    this.#claims = 0;
    this.#times = Math.ceil(this.#times / widening);
  }
}
