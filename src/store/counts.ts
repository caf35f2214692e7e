/** Counts of jobs by state: what a transaction does to them is gathered, and written once, before it commits. */
import { type JobStatus, statuses } from '../core/state.ts';

export type Change = Record<JobStatus, number>;

export class Counts {
  #changes = new Map<number, Change>();

  /** Counts a job as moved from one state to another; null stands for "not stored". */
  move(owner: number, from: JobStatus | null, to: JobStatus | null): void {
    const change = this.#changeOf(owner);
    if (from !== null) change[from] -= 1;
    if (to !== null) change[to] += 1;
  }

  #changeOf(owner: number): Change {
    let change = this.#changes.get(owner);
    if (change === undefined) {
      change = Object.fromEntries(statuses.map((status) => [status, 0])) as Change;
      this.#changes.set(owner, change);
    }
    return change;
  }

  /** Whose counts have changed. */
  get owners(): readonly number[] {
    return [...this.#changes.keys()];
  }

  /** Hands over every change, and begins anew. */
  flush(write: (owner: number, change: Change) => void): void {
    for (const [owner, change] of this.#changes) write(owner, change);
    this.forget();
  }

  /** After a rollback: what was gathered never was. */
  forget(): void {
    this.#changes = new Map();
  }
}
