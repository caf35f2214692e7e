/**
 * Outcomes on their way into the store. What ends in one turn of the event loop is settled by one call, or by a few. A settlement
 * whose commit failed or is in doubt is sent again with the same lease, which changes nothing if it was recorded, for as
 * long as the worker lives; then it is left to the lease.
 */
import type { Settlement } from '../core/job.ts';
import { writtenLength } from '../core/written-length.ts';
import type { Settled } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Alarm } from './alarm.ts';
import { Backoff } from './trouble.ts';

interface Entry {
  readonly settlement: Settlement;
  readonly settled: (answer: Settled) => void;
}

/** What one call settles at most: a unit is never split, and what is written in one transaction keeps others waiting. */
const togetherMax = 100;
const lengthMax = 1_000_000;

function* calls(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let from = 0;
  let length = 0;
  for (const [place, { settlement }] of entries.entries()) {
    length += writtenLength(settlement);
    if (place - from + 1 < togetherMax && length < lengthMax) continue;
    yield entries.slice(from, place + 1);
    from = place + 1;
    length = 0;
  }
  if (from < entries.length) yield entries.slice(from);
}

export interface SettleHost {
  readonly store: StoreHandle;
  /** How long a call may wait for the database. */
  readonly waitMs: number;
  settleFailed(error: unknown): void;
  /** Called after every answer, once those who waited for it know. */
  settleAnswered(): void;
}

export class SettleBuffer {
  readonly #host: SettleHost;
  readonly #backoff = new Backoff();
  readonly #retry = new Alarm(() => this.#sendAgain());
  readonly #failed = new Set<Entry>();
  #added: Entry[] = [];
  #inFlight = 0;
  #hasGivenUp = false;

  constructor(host: SettleHost) {
    this.#host = host;
  }

  get isEmpty(): boolean {
    return this.#added.length === 0 && this.#inFlight === 0 && this.#failed.size === 0;
  }

  /** How many outcomes could not be recorded so far. */
  get failed(): number {
    return this.#failed.size;
  }

  add(settlement: Settlement, settled: (answer: Settled) => void): void {
    this.#added.push({ settlement, settled });
  }

  /** Sends what was added since the last time. */
  flush(): void {
    const added = this.#added;
    this.#added = [];
    for (const entries of calls(added)) void this.#send(entries);
  }

  /** Sends nothing again: what is not recorded by now is left to the lease. */
  giveUp(): void {
    this.#hasGivenUp = true;
    this.#retry.clear();
    this.#failed.clear();
  }

  /** Each as a unit of its own: they share a commit, but none can be the reason for which another one fails. */
  #sendAgain(): void {
    for (const entry of this.#failed) void this.#send([entry]);
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    this.#inFlight += 1;
    const answers = await this.#settle(entries);
    this.#inFlight -= 1;
    if (answers === null) this.#keep(entries);
    else this.#answer(entries, answers);
    this.#host.settleAnswered();
  }

  async #settle(entries: readonly Entry[]): Promise<readonly Settled[] | null> {
    const { store, waitMs } = this.#host;
    try {
      const settlements = entries.map(({ settlement }) => settlement);
      return await store.call('settle', settlements, { waitMs });
    } catch (error) {
      this.#host.settleFailed(error);
      return null;
    }
  }

  #keep(entries: readonly Entry[]): void {
    if (this.#hasGivenUp) return;
    for (const entry of entries) this.#failed.add(entry);
    if (!this.#retry.isSet) this.#retry.set(this.#backoff.nextMs());
  }

  #answer(entries: readonly Entry[], answers: readonly Settled[]): void {
    this.#backoff.reset();
    for (const [place, entry] of entries.entries()) {
      this.#failed.delete(entry);
      entry.settled(answers[place] ?? 'lost');
    }
  }
}
