/**
 * Waits for jobs to end, for everybody who waits on one queue. While somebody waits, the store's hints are followed,
 * and a slow poll, because hints may get lost. At most one look at the store is under way at a time, for all who
 * wait; while nobody waits, nothing runs.
 */
import { GigqError, JobNotFoundError } from '../core/errors.ts';
import type { FinalOutcome } from '../core/job.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { Reply } from '../store/store.ts';
import { LookOrder } from './look-order.ts';

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
const passing: ReadonlySet<string> = new Set(['database_busy', 'database_unreachable']);
// Those who wait for the jobs of a busy worker must not keep the store from its work.
const restMs = { least: 2, most: 20 };

export class ResultWaiter {
  readonly #store: StoreHandle;
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #order = new LookOrder(this.#waiters);
  #unwatch: (() => void) | undefined;
  #looks = 0;
  #isLooking = false;
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
    this.#order.add(id);
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
    if (waiters?.delete(waiter) !== true || waiters.size > 0) return;
    this.#waiters.delete(id);
    this.#order.remove(id);
    if (this.#waiters.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #watch(): () => void {
    let unsubscribe = this.#subscribe();
    const poll = setInterval(() => {
      if (this.#isDeaf) unsubscribe = this.#subscribe();
      this.#refresh();
    }, pollMs);
    return () => {
      clearInterval(poll);
      unsubscribe();
    };
  }

  #subscribe(): () => void {
    this.#isDeaf = false;
    const stops = [
      this.#store.subscribe('change', () => this.#refresh()),
      // The store gives no more hints; the next look starts it anew.
      this.#store.subscribe('closed', () => (this.#isDeaf = true)),
    ];
    return () => stops.forEach((stop) => stop());
  }

  #refresh(): void {
    this.#order.refresh();
    this.#look();
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    // One look for all who come in the same turn.
    queueMicrotask(() => void this.#lookUntilDone());
  }

  async #lookUntilDone(): Promise<void> {
    while (!this.#order.isDone) {
      const start = performance.now();
      const ids = this.#order.next();
      const ended = await this.#lookAt(ids);
      // A look that found most of them ended was no waste: the next one may do as well.
      if (ended * 2 < ids.length) await rest(2 * (performance.now() - start));
    }
    this.#isLooking = false;
  }

  /** Returns how many of the jobs had ended. */
  async #lookAt(ids: readonly string[]): Promise<number> {
    this.#looks += 1;
    const look = this.#looks;
    try {
      const outcomes = await this.#store.call('outcomes', ids);
      for (const [index, id] of ids.entries()) this.#tell(id, outcomes[index] ?? null, look);
      return outcomes.filter((outcome) => outcome !== 'unfinished').length;
    } catch (error) {
      // A database that is busy, or away, is asked again by the poll.
      const passes = error instanceof GigqError && passing.has(error.code);
      if (!passes) this.rejectAll(error);
      return 0;
    }
  }

  #tell(id: string, outcome: Outcome, look: number): void {
    for (const waiter of this.#waiters.get(id) ?? []) {
      if (waiter.after >= look) continue;
      tell(waiter, outcome, id);
      // At once, so that the next look does not ask for it again.
      if (outcome !== 'unfinished') this.#leave(id, waiter);
    }
  }
}

function tell(waiter: Waiter, outcome: Outcome, id: string): void {
  if (outcome === null) waiter.outcome.reject(new JobNotFoundError(id));
  else if (outcome !== 'unfinished') waiter.outcome.resolve(outcome);
  waiter.looked.resolve();
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.min(Math.max(ms, restMs.least), restMs.most));
  });
}
