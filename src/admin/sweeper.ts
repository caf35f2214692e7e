/** Takes what dead workers hold, as a worker does that runs no jobs. */
import { randomUUID } from 'node:crypto';
import { makeLogger } from '../client/logger.ts';
import { parseDuration } from '../core/duration-grammar.ts';
import { defaults } from '../core/limits.ts';
import type { NewWorker, WorkerRecord } from '../core/worker.ts';
import { openStore } from '../store/open.ts';
import type { WorkerKey } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { processIdentity } from '../worker/identity.ts';
import { Reaper } from '../worker/reaper.ts';
import { version } from '../worker/version.ts';

export interface Sweeping {
  /**
   * Registers as a worker that beats like others: only who beats can tell that another one does not. Without it, only workers whose
   * processes have ended for certain are found.
   */
  readonly watches: boolean;
  /** Its own lease; that of a worker counts if it is longer. Default 30 s. */
  readonly leaseMs?: number;
}

const silent = makeLogger(() => undefined);

export class Sweeper {
  readonly #store: StoreHandle;
  readonly #self: NewWorker;
  readonly #watches: boolean;
  readonly #reaper: Reaper;
  readonly #failures: unknown[] = [];
  #key: WorkerKey | null = null;

  constructor(store: StoreHandle, { watches, leaseMs = defaultLeaseMs }: Sweeping) {
    this.#store = store;
    this.#watches = watches;
    this.#self = selfWith(leaseMs);
    this.#reaper = new Reaper({
      store,
      settings: { logger: silent, leaseMs },
      instance: this.#self.instance,
      waitMs: defaults.busyMs,
      sweepFailed: (error) => this.#failures.push(error),
    });
  }

  async sweep(): Promise<void> {
    if (this.#watches && !(await this.#isRegistered()))
      this.#key = await this.#store.call('register', this.#self);
    await this.#reaper.sweep();
    if (this.#failures.length > 0) throw this.#failures.splice(0)[0];
  }

  /** The workers that are left: they live, or may. */
  async left(): Promise<readonly WorkerRecord[]> {
    const workers = await this.#living();
    return workers.filter(({ instance }) => instance !== this.#self.instance);
  }

  async leave(): Promise<void> {
    if (this.#key !== null) await this.#store.call('leave', this.#key);
    this.#key = null;
  }

  /** It may itself have been held for dead. */
  async #isRegistered(): Promise<boolean> {
    const living = this.#key === null ? [] : await this.#living();
    return living.some(({ instance }) => instance === this.#self.instance);
  }

  async #living(): Promise<readonly WorkerRecord[]> {
    const workers = await this.#store.call('workers', { runningOf: 'lost' });
    return workers.filter(({ state }) => state !== 'lost');
  }
}

const defaultLeaseMs = parseDuration(defaults.leaseDuration) ?? 0;

function selfWith(leaseMs: number): NewWorker {
  return {
    ...processIdentity(),
    instance: randomUUID(),
    label: 'gigq move',
    version,
    queues: [],
    tasks: [],
    processTasks: [],
    moduleTasks: [],
    concurrency: 1,
    leaseMs,
  };
}

export async function withSweeper<T>(
  database: string,
  sweeping: Sweeping,
  work: (sweeper: Sweeper) => Promise<T>,
): Promise<T> {
  const store = openStore(database, { initialize: false, inPlace: true });
  try {
    return await work(new Sweeper(store, sweeping));
  } finally {
    await store.close();
  }
}
