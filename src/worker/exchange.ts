/** What running jobs exchange with the database: what their parents came to, and how far they are. */
import type { ClaimedJob, Inputs, Progress } from '../core/job.ts';
import type { NoInputs } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { Attempt } from './attempt.ts';
import { ProgressBuffer, type Report } from './progress-buffer.ts';

export interface ExchangeHost {
  readonly store: StoreHandle;
  readonly waitMs: number;
  exchangeFailed(doing: string, error: unknown): void;
}

export class Exchange {
  readonly #host: ExchangeHost;
  readonly #progress = new ProgressBuffer((reports) => void this.#record(reports));

  constructor(host: ExchangeHost) {
    this.#host = host;
  }

  /** If the database does not say, the job is given back, and its attempt with it. */
  async inputsOf({ lease }: ClaimedJob): Promise<Inputs | NoInputs> {
    const { store, waitMs } = this.#host;
    try {
      const [inputs = 'lost'] = await store.call('inputs', [lease], { waitMs });
      return inputs;
    } catch (error) {
      this.#host.exchangeFailed('Reading the results of parents', error);
      return 'lost';
    }
  }

  report(attempt: Attempt, progress: Progress): void {
    if (attempt.isOver) return;
    attempt.progress = progress;
    this.#progress.add(attempt, progress);
  }

  flushEnded(): void {
    this.#progress.flushEnded();
  }

  async #record(reports: readonly Report[]): Promise<void> {
    try {
      await this.#host.store.call('progress', reports);
    } catch (error) {
      this.#host.exchangeFailed('Recording progress', error);
    }
  }
}
