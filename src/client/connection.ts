/** What a queue, its tasks' submits and its handles share: one caller of a store, until it is closed. */
import { GigqError } from '../core/errors.ts';
import type { FinalOutcome } from '../core/job.ts';
import type { Lender } from '../store/open.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { Input, Operation, Reply } from '../store/store.ts';
import type { Logger } from './logger.ts';
import { ResultWaiter } from './result-waiter.ts';
import { waitLimit, type WaitOptions } from './wait-limit.ts';

export class Connection {
  readonly store: StoreHandle;
  readonly logger: Logger;
  readonly #lend: (tx: object) => Lender;
  readonly #results: ResultWaiter;
  readonly #held = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** `lend` opens the same database in a transaction of the caller's. */
  constructor(store: StoreHandle, logger: Logger, lend: (tx: object) => Lender) {
    this.store = store;
    this.logger = logger;
    this.#lend = lend;
    this.#results = new ResultWaiter(store);
  }

  /** Reaches the store before it returns, so that calls have the order in which they were made. */
  call<O extends Operation>(op: O, input: Input<O>): Promise<Reply<O>> {
    // No promise of its own: a submit of many jobs makes as few as it can.
    return this.#closing === undefined ? this.store.call(op, input) : Promise.reject(closed());
  }

  /** What stores jobs: in a transaction of the caller's own, or as any other call. */
  within(tx: object | undefined): Lender {
    if (tx === undefined) return this;
    this.#assertOpen();
    return this.#lend(tx);
  }

  /** Work of several calls, which go to the store itself: closing waits for its end. */
  async hold<T>(work: (store: StoreHandle) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const held = work(this.store);
    this.#held.add(held);
    try {
      return await held;
    } finally {
      this.#held.delete(held);
    }
  }

  /**
   * How the job ended, once it has.
   * @throws {JobNotFoundError} if there is no such job
   * @throws {WaitTimeoutError} after `timeout`; whatever the signal says when that aborts
   */
  async outcome(id: string, options: WaitOptions): Promise<FinalOutcome> {
    this.#assertOpen();
    options.signal?.throwIfAborted();
    const waiting = this.#results.join(id);
    const limit = waitLimit(options, waiting.looked, `Job ${id}`);
    try {
      return await Promise.race([waiting.outcome, limit.reached]);
    } finally {
      limit.clear();
      waiting.leave();
    }
  }

  /** Ends all waiting for results, lets the calls in progress end, then leaves the store. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  async #close(): Promise<void> {
    this.#results.rejectAll(closed());
    await Promise.allSettled(this.#held);
    await this.store.close();
  }
}

function closed(): GigqError {
  return new GigqError('queue_closed', 'The queue is closed');
}
