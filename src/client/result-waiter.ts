/**
 * Waits for jobs to end, for everybody who waits on one queue. While somebody waits, the store's hints are followed,
 * and a slow poll, because hints may get lost. At most one look at the store is under way at a time, for all who
 * wait; while nobody waits, nothing runs.
 */
import { GigqError, JobNotFoundError } from '../core/errors.ts';
import type { FinalOutcome } from '../core/job.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { Reply } from '../store/store.ts';

/** One who waits for one job. */
export interface Waiting {
  readonly outcome: Promise<FinalOutcome>;
  /** Resolves when the store has been asked for the first time. */
  readonly looked: Promise<void>;
  /** Has to be called in the end, whatever came of it. */
  leave(): void;
}

interface Waiter {
  /** The look before it came: what that one saw says nothing about its job. */
  readonly after: number;
  readonly outcome: PromiseWithResolvers<FinalOutcome>;
  readonly looked: PromiseWithResolvers<void>;
}

type Outcome = Reply<'outcomes'>[number];

const pollMs = 1000;
// Many who wait for jobs of a busy worker must not keep the store from its work.
const leastRestMs = 5;
const idsPerLook = 1000;

export class ResultWaiter {
  readonly #store: StoreHandle;
  readonly #waiters = new Map<string, Set<Waiter>>();
  #unwatch: (() => void) | undefined;
  #looks = 0;
  #isLooking = false;
  #isStale = false;
  #isDeaf = false;

  constructor(store: StoreHandle) {
    this.#store = store;
  }

  join(id: string): Waiting {
    const waiter: Waiter = {
      after: this.#looks,
      outcome: Promise.withResolvers(),
      looked: Promise.withResolvers(),
    };
    const known = this.#waiters.get(id);
    if (known === undefined) this.#waiters.set(id, new Set([waiter]));
    else known.add(waiter);
    this.#unwatch ??= this.#watch();
    this.#look();
    const leave = (): void => this.#leave(id, waiter);
    return { outcome: waiter.outcome.promise, looked: waiter.looked.promise, leave };
  }

  /** Ends all waiting. */
  rejectAll(error: unknown): void {
    for (const waiters of this.#waiters.values()) {
      for (const { outcome } of waiters) outcome.reject(error);
    }
  }

  #leave(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(id);
    if (this.#waiters.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #watch(): () => void {
    let unsubscribe = this.#subscribe();
    const poll = setInterval(() => {
      if (this.#isDeaf) unsubscribe = this.#subscribe();
      this.#look();
    }, pollMs);
    return () => {
      clearInterval(poll);
      unsubscribe();
    };
  }

  #subscribe(): () => void {
    this.#isDeaf = false;
    const stops = [
      this.#store.subscribe('change', () => this.#look()),
      // The store gives no more hints; the next look starts it anew.
      this.#store.subscribe('closed', () => (this.#isDeaf = true)),
    ];
    return () => stops.forEach((stop) => stop());
  }

  #look(): void {
    this.#isStale = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    // One look for all who come in the same turn.
    queueMicrotask(() => void this.#lookWhileStale());
  }

  async #lookWhileStale(): Promise<void> {
    while (this.#isStale && this.#waiters.size > 0) {
      this.#isStale = false;
      const start = performance.now();
      await this.#lookAtAll();
      if (this.#waiters.size > 0) await rest(performance.now() - start);
    }
    this.#isLooking = false;
  }

  async #lookAtAll(): Promise<void> {
    const ids = [...this.#waiters.keys()];
    try {
      for (let start = 0; start < ids.length; start += idsPerLook) {
        await this.#lookAt(ids.slice(start, start + idsPerLook));
      }
    } catch (error) {
      // A database that is busy is asked again by the poll.
      const passes = error instanceof GigqError && error.code === 'database_busy';
      if (!passes) this.rejectAll(error);
    }
  }

  async #lookAt(ids: readonly string[]): Promise<void> {
    this.#looks += 1;
    const look = this.#looks;
    const outcomes = await this.#store.call('outcomes', ids);
    for (const [index, id] of ids.entries()) this.#tell(id, outcomes[index] ?? null, look);
  }

  #tell(id: string, outcome: Outcome, look: number): void {
    for (const waiter of this.#waiters.get(id) ?? []) {
      if (waiter.after < look) tell(waiter, outcome, id);
    }
  }
}

function tell(waiter: Waiter, outcome: Outcome, id: string): void {
  if (outcome === null) waiter.outcome.reject(new JobNotFoundError(id));
  else if (outcome !== 'unfinished') waiter.outcome.resolve(outcome);
  waiter.looked.resolve();
}

function rest(lookMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(lookMs, leastRestMs));
  });
}
