/** How far jobs are, on its way to where that is kept: the latest of each job, ten times a second and before it is settled. */
import type { Lease, Progress } from '../core/job.ts';
import type { Attempt } from './attempt.ts';
import { Alarm } from './alarm.ts';

export interface Report {
  readonly lease: Lease;
  readonly progress: Progress;
}

const intervalMs = 100;

export class ProgressBuffer {
  readonly #send: (reports: readonly Report[]) => void;
  readonly #alarm = new Alarm(() => this.#flush(() => true));
  readonly #latest = new Map<Attempt, Progress>();

  constructor(send: (reports: readonly Report[]) => void) {
    this.#send = send;
  }

  add(attempt: Attempt, progress: Progress): void {
    this.#latest.set(attempt, progress);
    if (!this.#alarm.isSet) this.#alarm.set(intervalMs);
  }

  /** Sends what attempts that are over have last told. */
  flushEnded(): void {
    if (this.#latest.size > 0) this.#flush(({ isOver }) => isOver);
  }

  #flush(wanted: (attempt: Attempt) => boolean): void {
    const reports = [...this.#latest].filter(([attempt]) => wanted(attempt));
    for (const [attempt] of reports) this.#latest.delete(attempt);
    if (this.#latest.size === 0) this.#alarm.clear();
    if (reports.length === 0) return;
    this.#send(reports.map(([{ job }, progress]) => ({ lease: job.lease, progress })));
  }
}
