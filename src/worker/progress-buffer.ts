/** How far jobs are, on its way into the store: the latest of each job, ten times a second and before it is settled. */
import type { Progress } from '../core/job.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { Attempt } from './attempt.ts';
import { Alarm } from './alarm.ts';

const intervalMs = 100;

export class ProgressBuffer {
  readonly #store: StoreHandle;
  readonly #failed: (error: unknown) => void;
  readonly #alarm = new Alarm(() => this.#flush(() => true));
  readonly #latest = new Map<Attempt, Progress>();

  constructor(store: StoreHandle, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
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
    if (reports.length > 0) void this.#send(reports);
  }

  async #send(reports: readonly (readonly [Attempt, Progress])[]): Promise<void> {
    const input = reports.map(([{ job }, progress]) => ({ lease: job.lease, progress }));
    try {
      await this.#store.call('progress', input);
    } catch (error) {
      this.#failed(error);
    }
  }
}
