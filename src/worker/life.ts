/**
 * One worker's life in the database: registered, kept alive by the beats of the store's owner, ended by leaving. A
 * worker that was held for dead registers again: the same instance, with the next epoch.
 */
import type { NewWorker } from '../core/worker.ts';
import type { WorkerKey } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Alarm } from './alarm.ts';
import { Backoff } from './trouble.ts';

export interface LifeHost {
  readonly store: StoreHandle;
  readonly worker: NewWorker;
  readonly waitMs: number;
  /** Whether to try again after this error. */
  registerFailed(error: unknown, isFirst: boolean): boolean;
}

export class Life {
  readonly #host: LifeHost;
  readonly #backoff = new Backoff();
  #key: WorkerKey | null = null;
  #isFirst = true;
  #isEnding = false;
  #registering: Promise<void> | null = null;
  #stopWaiting = (): void => {};

  constructor(host: LifeHost) {
    this.#host = host;
  }

  /** Null while it is not registered. */
  get key(): WorkerKey | null {
    return this.#key;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Registers, however long that takes; rejects only with what is not worth another try. */
  register(): Promise<void> {
    this.#key = null;
    this.#registering ??= this.#keepTrying().finally(() => {
      this.#registering = null;
    });
    return this.#registering;
  }

  /** Ends it, as far as the database lets it; never rejects. */
  async leave(waitMs: number): Promise<void> {
    this.#isEnding = true;
    this.#stopWaiting();
    try {
      await this.#registering;
      if (this.#key !== null) await this.#host.store.call('leave', this.#key, { waitMs });
    } catch {
      // Its beats end with it all the same, and others take what it held.
    }
  }

  async #keepTrying(): Promise<void> {
    while (this.#key === null && !this.#isEnding) await this.#try();
  }

  async #try(): Promise<void> {
    const { store, worker, waitMs } = this.#host;
    try {
      this.#key = await store.call('register', worker, { waitMs });
      this.#isFirst = false;
      this.#backoff.reset();
    } catch (error) {
      if (this.#isEnding) return;
      if (!this.#host.registerFailed(error, this.#isFirst)) throw error;
      await this.#wait();
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const alarm = new Alarm(resolve);
      alarm.set(this.#backoff.nextMs());
      this.#stopWaiting = () => {
        alarm.clear();
        resolve();
      };
    });
  }
}
