/**
 * When a worker claims jobs, and how many: the only caller of `claim`. Which jobs those are, and in what order, is
 * decided in store/sqlite/sql/claim.sql.
 *
 * One claim asks for all free slots. A large worker asks for half of them at a time, so that one half is claimed and
 * settled by the store's thread while the other half's handlers run. What wakes the loop is a hint; the polling interval
 * alone would do.
 */
import type { ClaimedJob } from '../core/job.ts';
import type { Offers } from '../core/offers.ts';
import type { MayWait } from '../core/worker.ts';
import type { Claim, ClaimRequest, StoreEvent, WorkerKey } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Alarm } from './alarm.ts';
import { monotonicMs } from './monotonic.ts';
import type { Settings } from './options.ts';
import type { Slots } from './slots.ts';
import { Backoff } from './trouble.ts';

/** How much to run: so many jobs at most, and whether to end when there is nothing left. */
export interface Run {
  readonly jobs: number;
  readonly untilIdle: boolean;
}

export interface ClaimHost {
  readonly store: StoreHandle;
  readonly slots: Slots;
  readonly settings: Pick<Settings, 'logger' | 'pollingMs' | 'queues'>;
  readonly waitMs: number;
  /** Whether so many outcomes could not be recorded that no more jobs are to be run. */
  readonly isHeldUp: boolean;
  /** Null while the worker is not registered. */
  readonly key: WorkerKey | null;
  /** The tasks that there are at this moment. */
  taskNames(): readonly string[];
  /** Of jobs, by the store: who takes one closes it. */
  readonly offers: Offers;
  /** Tasks whose suspects run in processes of their own. */
  readonly moduleTasks: readonly string[];
  /** Whether a suspect of another task may run beside the others: one at a time. */
  readonly mayTakeSuspect: boolean;
  /** `askedAtMs`: when the claim left, by the monotonic clock. Who was frozen since then may hold them no more. */
  take(jobs: readonly ClaimedJob[], askedAtMs: number): void;
  /** The store does not know the worker by this key any more. */
  fenced(worker: WorkerKey): void;
  claimFailed(error: unknown): void;
  /** Asks for a call of `turn`, in this turn of the event loop or the next. */
  requestTurn(): void;
}

export class ClaimLoop {
  readonly #host: ClaimHost;
  readonly #poll = new Alarm(() => this.wake());
  readonly #due = new Alarm(() => this.wake());
  readonly #pause = new Alarm(() => this.wake());
  readonly #backoff = new Backoff();
  readonly #unknown = new Set<string>();
  #isOpen = false;
  #isEndless = false;
  /** How many more jobs may be taken. */
  #allowed = 0;
  #isWoken = false;
  /** The last claim filled its slots: there may be more. */
  #isBusy = false;
  #inFlight = 0;
  /** For how many slots. */
  #asked = 0;
  /** The last claim waits beside the store, and is told of by an event when there is something to take. */
  #isWaiting = false;
  /** The number of the last such event. */
  #heard = 0;
  /** A claim on its way may bring a suspect that runs beside others. */
  #isAskingForSuspect = false;

  constructor(host: ClaimHost) {
    this.#host = host;
  }

  /** No claim is on its way, and none is going to be sent until something happens. */
  get isAtRest(): boolean {
    return this.#inFlight === 0 && (this.#allowed === 0 || this.hasFoundNothing);
  }

  /** The last claim left slots free, and nothing has happened since. */
  get hasFoundNothing(): boolean {
    return this.#inFlight === 0 && !this.#isWoken && !this.#isBusy;
  }

  open({ jobs, untilIdle }: Run): void {
    this.#isOpen = true;
    this.#isEndless = jobs === Infinity && !untilIdle;
    this.#allowed = jobs;
    this.wake();
  }

  close(): void {
    this.#isOpen = false;
    this.#allowed = 0;
    for (const alarm of [this.#poll, this.#due, this.#pause]) alarm.clear();
    this.#endWaiting();
  }

  /** Others have made something claimable, perhaps. Where a claim waits, that is seen to. */
  hint(): void {
    if (!this.#isWaiting) this.wake();
  }

  /** What came of the claim that waited. */
  claimed({ claim, number, atMs }: Extract<StoreEvent, { type: 'claimed' }>): void {
    this.#heard = number;
    this.#isWaiting = false;
    // Who was long in hearing of them may have them no more.
    if (claim.jobs.length === 0 || !this.#host.offers.close(number)) return this.wake();
    this.#host.slots.occupy(claim.jobs.map(({ slot }) => slot));
    this.#receive(claim, this.#host.slots.atOnce, atMs);
  }

  /** Something may be claimable. */
  wake(): void {
    if (!this.#isOpen) return;
    this.#isWoken = true;
    this.#host.requestTurn();
  }

  /** Sends one claim if one is to be sent. */
  turn(): void {
    const { key, slots } = this.#host;
    const count = Math.min(slots.free, this.#allowed, slots.atOnce);
    if (key === null || count === 0 || !this.#isTime || this.#host.isHeldUp) return;
    this.#isWoken = false;
    void this.#claim(key, slots.take(count));
    // The second claim goes out in the next turn, as a message of its own: answered apart, the two stay apart.
    if (slots.free > 0 && this.#isTime) this.#host.requestTurn();
  }

  get #isTime(): boolean {
    if (!this.#isOpen || this.#pause.isSet) return false;
    if (this.#inFlight === 0) return this.#isBusy || this.#isWoken;
    return this.#isBusy && this.#inFlight === 1 && this.#host.slots.mayClaimBeside(this.#asked);
  }

  async #claim(worker: WorkerKey, slots: readonly string[]): Promise<void> {
    this.#inFlight += 1;
    this.#asked += slots.length;
    this.#allowed -= slots.length;
    const askedAtMs = monotonicMs();
    const waits = this.#mayWait(slots);
    this.#isWaiting = false;
    const claim = await this.#ask({ worker, slots, waits });
    const taken = claim?.jobs.length ?? 0;
    this.#inFlight -= 1;
    this.#asked -= slots.length;
    this.#isWaiting = waits && claim !== null && taken === 0;
    if (!this.#isOpen) this.#endWaiting();
    if (this.#isOpen) this.#allowed += slots.length - taken;
    this.#host.slots.giveBack(slots.slice(taken));
    if (claim === null) this.#retryLater();
    else if (claim.fenced) this.#refused(worker);
    else this.#receive(claim, slots.length, askedAtMs);
  }

  #refused(worker: WorkerKey): void {
    this.#isWoken = true;
    this.#host.fenced(worker);
  }

  /** Whoever does not want jobs any more claims nothing, in the place of the claim that waits. */
  #endWaiting(): void {
    const { key } = this.#host;
    if (this.#isWaiting && key !== null) void this.#claim(key, []);
  }

  /** A worker that does nothing else, and goes on when there is nothing to do. */
  #mayWait(slots: readonly string[]): boolean {
    const { free, count } = this.#host.slots;
    return this.#isEndless && slots.length > 0 && free + slots.length === count;
  }

  async #ask(
    claim: Pick<ClaimRequest, 'worker' | 'slots'> & Pick<MayWait, 'waits'>,
  ): Promise<Claim | null> {
    const { store, settings, moduleTasks: apart, mayTakeSuspect, waitMs } = this.#host;
    const oneSuspect = mayTakeSuspect && !this.#isAskingForSuspect;
    if (oneSuspect) this.#isAskingForSuspect = true;
    try {
      const tasks = this.#host.taskNames();
      const wanted = { tasks, queues: settings.queues, apart, oneSuspect };
      const how = { goesOn: this.#isEndless, heard: this.#heard };
      return await store.call('claim', { ...claim, ...wanted, ...how }, { waitMs });
    } catch (error) {
      this.#host.claimFailed(error);
      return null;
    } finally {
      if (oneSuspect) this.#isAskingForSuspect = false;
    }
  }

  #retryLater(): void {
    this.#isWoken = true;
    if (this.#isOpen) this.#pause.set(this.#backoff.nextMs());
    // Whoever stops may have waited for nothing else.
    else this.#host.requestTurn();
  }

  #receive(claim: Claim, asked: number, askedAtMs: number): void {
    this.#backoff.reset();
    this.#isBusy = asked > 0 && claim.jobs.length === asked;
    if (!this.#isBusy) this.#wait(claim);
    this.#host.take(claim.jobs, askedAtMs);
    if (this.#isTime) this.#host.requestTurn();
  }

  #wait({ nextDueMs, unknownTasks }: Claim): void {
    for (const task of unknownTasks) this.#tellUnknown(task);
    if (!this.#isOpen) return;
    this.#poll.set(this.#host.settings.pollingMs);
    if (nextDueMs === null) this.#due.clear();
    else this.#due.set(nextDueMs);
  }

  #tellUnknown(task: string): void {
    if (this.#unknown.has(task)) return;
    this.#unknown.add(task);
    this.#host.settings.logger.warn(
      { task },
      'A job waits for a task that this worker does not have',
    );
  }
}
