/** Learns what was taken from a worker while it runs: jobs that were cancelled, and leases that were lost. */
import type { ClaimedJob } from '../core/job.ts';
import type { WorkerKey } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Alarm } from './alarm.ts';
import type { Attempt } from './attempt.ts';

export interface WatchHost {
  readonly store: StoreHandle;
  readonly key: WorkerKey | null;
  readonly attempts: readonly Attempt[];
  watchFailed(error: unknown): void;
}

/** By polling alone a cancelled job learns of it within this, and at most so often when hints come in a stream. */
const pollMs = 1000;
const hintMs = 50;

export class HeldWatch {
  readonly #host: WatchHost;
  readonly #poll = new Alarm(() => this.#lookSoon());
  #isLooking = false;
  #lookedAtMs = -Infinity;

  constructor(host: WatchHost) {
    this.#host = host;
  }

  /** Something may have been cancelled. */
  hint(): void {
    if (this.#isLooking || !this.#poll.isSet) return;
    this.#poll.set(Math.max(0, this.#lookedAtMs + hintMs - performance.now()));
  }

  /** Looks from now on, for as long as there are attempts. */
  start(): void {
    if (!this.#isLooking && !this.#poll.isSet) this.#poll.set(pollMs);
  }

  stop(): void {
    this.#poll.clear();
  }

  /** Whether the job is still this worker's. */
  async isHeld({ lease }: ClaimedJob): Promise<boolean> {
    const { key, store } = this.#host;
    if (key === null) return false;
    const held = await store.call('held', { ...key, among: [lease] });
    return held.length > 0;
  }

  #lookSoon(): void {
    void this.#look();
  }

  async #look(): Promise<void> {
    const { key, attempts } = this.#host;
    if (key === null || attempts.length === 0) return;
    this.#isLooking = true;
    this.#lookedAtMs = performance.now();
    try {
      await this.#tellTaken(key, attempts);
    } catch (error) {
      this.#host.watchFailed(error);
    } finally {
      this.#isLooking = false;
      this.start();
    }
  }

  async #tellTaken(key: WorkerKey, attempts: readonly Attempt[]): Promise<void> {
    const among = attempts.map(({ job: { lease } }) => lease);
    const held = new Set<number>();
    for (const { token } of await this.#host.store.call('held', { ...key, among })) held.add(token);
    // Others may have begun meanwhile.
    const asked = new Set(among.map(({ token }) => token));
    const taken = attempts.filter(
      ({ isOver, job: { lease } }) => !isOver && asked.has(lease.token) && !held.has(lease.token),
    );
    if (taken.length === 0) return;
    const cancelled = await cancelledOf(
      this.#host.store,
      taken.map(({ job }) => job),
    );
    for (const attempt of taken)
      attempt.abort(cancelled.has(attempt.job.id) ? 'cancelled' : 'lease_lost');
  }
}

/** Those of the jobs that were cancelled, by their ids. */
export async function cancelledOf(
  store: StoreHandle,
  jobs: readonly ClaimedJob[],
): Promise<ReadonlySet<string>> {
  const ids = jobs.map(({ id }) => id);
  const outcomes = await store.call('outcomes', ids);
  const isCancelled = (place: number): boolean => {
    const outcome = outcomes[place];
    return typeof outcome === 'object' && outcome?.status === 'cancelled';
  };
  return new Set(ids.filter((_, place) => isCancelled(place)));
}
