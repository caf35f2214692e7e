/** Takes what dead workers hold, as a worker does that has no jobs of its own. */
import { makeLogger } from '../client/logger.ts';
import { parseDuration } from '../core/duration-grammar.ts';
import { defaults } from '../core/limits.ts';
import type { WorkerRecord } from '../core/worker.ts';
import { openStore } from '../store/open.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Reaper } from '../worker/reaper.ts';

const silent = makeLogger(() => undefined);

export class Sweeper {
  readonly #store: StoreHandle;
  readonly #reaper: Reaper;
  readonly #failures: unknown[] = [];

  constructor(store: StoreHandle) {
    this.#store = store;
    this.#reaper = new Reaper({
      store,
      settings: { logger: silent, leaseMs: parseDuration(defaults.leaseDuration) ?? 0 },
      instance: '',
      waitMs: defaults.busyMs,
      sweepFailed: (error) => this.#failures.push(error),
    });
  }

  /** A worker whose process has ended is found by the first sweep; a silent one once it was watched for its whole lease. */
  async sweep(): Promise<void> {
    await this.#reaper.sweep();
    if (this.#failures.length > 0) throw this.#failures.splice(0)[0];
  }

  /** The workers that are left: they live, or may. */
  async left(): Promise<readonly WorkerRecord[]> {
    const workers = await this.#store.call('workers', null);
    return workers.filter(({ state }) => state !== 'lost');
  }
}

export async function withSweeper<T>(
  database: string,
  work: (sweeper: Sweeper) => Promise<T>,
): Promise<T> {
  const store = openStore(database, { initialize: false, inPlace: true });
  try {
    return await work(new Sweeper(store));
  } finally {
    await store.close();
  }
}
