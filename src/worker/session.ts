/**
 * What a worker is between registering and leaving: it puts together the parts that claim, run, settle and reap, and
 * ends them in order. Everything that leaves for the store in one turn of the event loop leaves from `#turn`, so that
 * the settlements of finished jobs and the next claim share a message and a commit.
 */
import { randomUUID } from 'node:crypto';
import type { ClaimedJob } from '../core/job.ts';
import { Offers } from '../core/offers.ts';
import type { AttendedWorker } from '../core/worker.ts';
import type { StoreEvent, WorkerKey } from '../store/store.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { Attempt } from './attempt.ts';
import { type ClaimHost, ClaimLoop, type Run } from './claim-loop.ts';
import { Countdown, type CountdownHost } from './countdown.ts';
import type { Announcer } from './events.ts';
import { Exchange, type ExchangeHost } from './exchange.ts';
import { cancelledOf, HeldWatch, type WatchHost } from './held-watch.ts';
import { endProcess, isSupervised, processIdentity } from './identity.ts';
import { type Away, Isolation } from './isolation/isolation.ts';
import { Life, type LifeHost } from './life.ts';
import type { Settings } from './options.ts';
import { Reaper, type ReaperHost } from './reaper.ts';
import type { AttemptTools } from './run-attempt.ts';
import { RunningJobs, type RunningParts } from './running-jobs.ts';
import { SettleBuffer, type SettleHost } from './settle-buffer.ts';
import { Slots } from './slots.ts';
import type { TaskTable } from './task-loader.ts';
import { isLasting, isPassing, noAnswer, Trouble } from './trouble.ts';
import { version } from './version.ts';

export interface SessionParts {
  readonly store: StoreHandle;
  readonly settings: Settings;
  readonly tasks: TaskTable;
  readonly announcer: Announcer;
}

type Hosts = ClaimHost &
  SettleHost &
  WatchHost &
  ReaperHost &
  LifeHost &
  RunningParts &
  ExchangeHost &
  CountdownHost;

type LeaseState = Extract<StoreEvent, { type: 'lease' }>['state'];

const deafness = 'Behind a pooler nobody can wake this worker: it finds jobs by polling alone';
/** How long a call may wait for the database: usually, when there is no time left, and for a farewell. */
const usualWaitMs = 5000;
const lastWaitMs = 800;
const farewellMs = 500;

export class Session implements Hosts {
  readonly store: StoreHandle;
  readonly settings: Settings;
  readonly announcer: Announcer;
  readonly instance = randomUUID();
  readonly slots: Slots;
  readonly settling: SettleBuffer;
  readonly tools: AttemptTools;
  readonly isolation: Isolation;
  readonly stage = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  readonly offers = new Offers();
  readonly #tasks: TaskTable;
  readonly #trouble: Trouble;
  readonly #exchange = new Exchange(this);
  readonly #running: RunningJobs;
  readonly #life = new Life(this);
  readonly #watch = new HeldWatch(this);
  readonly #countdown = new Countdown(this);
  readonly #loop: ClaimLoop;
  readonly #reaper: Reaper;
  readonly #quiet = Promise.withResolvers<void>();
  readonly #subscriptions: (() => void)[] = [];
  #run: Run | null = null;
  #runEnded = Promise.withResolvers<void>();
  #ran = 0;
  #isTurnDue = false;
  #isIdle = false;
  #wasHeldUp = false;
  #stopping: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #settleError: unknown;

  constructor({ store, settings, tasks, announcer }: SessionParts) {
    this.store = store;
    this.settings = settings;
    this.announcer = announcer;
    this.#tasks = tasks;
    this.slots = new Slots(settings.workerId, settings.concurrency);
    this.#trouble = new Trouble(settings.logger);
    this.settling = new SettleBuffer(this);
    const { logger, leaseMs, concurrency: size } = settings;
    this.tools = {
      logger,
      taskNamed: (name) => tasks.named(name),
      inputsOf: (job) => this.#exchange.inputsOf(job),
      report: (attempt, progress) => this.#exchange.report(attempt, progress),
    };
    const { inputsOf, report } = this.tools;
    const stuck = (attempt: Attempt): void => this.#stuck(attempt);
    this.isolation = new Isolation({ size, logger, leaseMs, inputsOf, report, stuck });
    this.#running = new RunningJobs(this);
    this.#loop = new ClaimLoop(this);
    this.#reaper = new Reaper(this);
  }

  get isStopping(): boolean {
    return this.#stopping !== null;
  }

  get attempts(): readonly Attempt[] {
    return this.#running.attempts;
  }

  /** Registers the worker; rejects if the database cannot be used. */
  async open(): Promise<void> {
    if (this.#subscriptions.length === 0) this.#subscribe();
    this.isolation.warm(this.#tasks.places());
    if (this.#life.key === null) await this.#life.register();
  }

  /** Runs jobs until the worker is stopped, or there are no more; resolves with how many ran. */
  async run(run: Run): Promise<number> {
    this.#ran = 0;
    if (run.untilIdle) await this.#reaper.sweep();
    if (this.#stopping === null) await this.#work(run);
    if (this.#failure !== null) throw this.#failure.error;
    return this.#ran;
  }

  /** Claims no more, lets handlers end until the deadline, gives back the rest, and leaves. */
  stop(timeoutMs: number): Promise<void> {
    this.#countdown.limitTo(timeoutMs);
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  // ── for the parts ─────────────────────────────────────────────────────────────────────────────

  get key(): WorkerKey | null {
    return this.#life.key;
  }

  get waitMs(): number {
    return this.#countdown.isOver ? lastWaitMs : usualWaitMs;
  }

  get isHeldUp(): boolean {
    return this.settling.failed >= this.slots.count;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  get worker(): AttendedWorker {
    const { workerId: label, queues, concurrency, leaseMs } = this.settings;
    const { instance } = this;
    const tasks = this.#tasks.names();
    const { processTasks, moduleTasks } = this.#tasks;
    const work = { queues, tasks, processTasks, moduleTasks, concurrency, leaseMs };
    const away = { awayTasks: this.#tasks.awayTasks, awaySuspects: moduleTasks };
    const attention = { stage: this.stage.buffer, isReplaceable: isSupervised(), ...away };
    const own = { instance, label, version, attention, offers: this.offers.buffer };
    return { ...processIdentity(), ...own, ...work };
  }

  get moduleTasks(): readonly string[] {
    return this.#tasks.moduleTasks;
  }

  get mayTakeSuspect(): boolean {
    return !this.#running.hasSuspect;
  }

  awayFor(job: ClaimedJob): Away | null {
    return this.#tasks.awayFor(job);
  }

  taskNames(): readonly string[] {
    return this.#tasks.names();
  }

  take(jobs: readonly ClaimedJob[], askedAtMs: number): void {
    if (this.#stopping !== null) this.#running.giveBack(jobs);
    else if (jobs.length > 0) this.#begin(jobs, askedAtMs);
    this.#check();
  }

  freed({ hasBegun }: Attempt): void {
    if (hasBegun) this.#ran += 1;
    this.#loop.wake();
    this.requestTurn();
  }

  /** False also if the database does not say: then the job is given back. */
  isHeld(job: ClaimedJob): Promise<boolean> {
    return this.#watch.isHeld(job).catch(() => false);
  }

  slotFree(): void {
    this.#loop.wake();
    this.requestTurn();
  }

  refused(attempt: Attempt): void {
    void this.#tellWhose(attempt);
  }

  fenced({ epoch }: WorkerKey): void {
    if (this.key === null || this.key.epoch === epoch) this.#registerAgain();
  }

  settleAnswered(): void {
    if (this.#wasHeldUp && !this.isHeldUp) this.requestTurn();
    this.#wasHeldUp = this.isHeldUp;
    this.#check();
  }

  requestTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => this.#turn());
  }

  registerFailed(error: unknown, isFirst: boolean): boolean {
    const canPass = isFirst ? isPassing(error) : !isLasting(error);
    if (canPass) this.#trouble.report('Registering the worker', error);
    return canPass;
  }

  claimFailed(error: unknown): void {
    this.#failed('Claiming jobs', error);
  }

  settleFailed(error: unknown): void {
    this.#settleError = error;
    this.#failed('Recording how jobs ended', error);
  }

  exchangeFailed(doing: string, error: unknown): void {
    this.#failed(doing, error);
  }

  watchFailed(error: unknown): void {
    this.#failed('Looking for cancelled jobs', error);
  }

  sweepFailed(error: unknown): void {
    this.#failed('Looking for dead workers', error);
  }

  timeIsUp(): void {
    this.#running.abortAll('shutdown');
  }

  giveUp(): void {
    if (!this.settling.isEmpty) this.#failure ??= { error: this.#settleError ?? noAnswer() };
    this.settling.giveUp();
    this.#quiet.resolve();
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────

  /** Its slot stays taken, and its thread would keep the process from ending: somebody else has to end it. */
  #stuck({ job }: Attempt): void {
    const fields = { jobId: job.id, task: job.task, workerId: job.slot };
    this.settings.logger.error(
      fields,
      'A thread is held up by a native call: its slot stays taken',
    );
    if (isSupervised()) void this.stop(this.settings.shutdownMs).then(endProcess);
  }

  #subscribe(): void {
    const listen = (event: StoreEvent): void => this.#hear(event);
    for (const interest of ['work', 'claimed', 'lease', 'deaf', 'closed'] as const) {
      this.#subscriptions.push(this.store.subscribe(interest, listen));
    }
  }

  #hear(event: StoreEvent): void {
    if (event.type === 'work') this.#wake();
    else if (event.type === 'claimed' && event.instance === this.instance)
      this.#loop.claimed(event);
    else if (event.type === 'deaf') this.settings.logger.info(deafness);
    else if (event.type === 'closed') this.#fail(event.error);
    else if (event.type === 'lease' && event.instance === this.instance)
      this.#hearLease(event.state);
  }

  #hearLease(state: LeaseState): void {
    if (state === 'asked') this.#renew(this.isStopping);
    if (state === 'danger') this.#running.abortAll('lease_lost');
    if (state === 'lost') this.#registerAgain();
  }

  #wake(): void {
    this.#loop.hint();
    this.#watch.hint();
  }

  async #work(run: Run): Promise<void> {
    this.#run = run;
    this.#isIdle = false;
    this.#runEnded = Promise.withResolvers();
    this.#reaper.start();
    this.#loop.open(run);
    await this.#runEnded.promise;
    this.#run = null;
    this.#loop.close();
    this.#reaper.stop();
    this.#watch.stop();
  }

  #begin(jobs: readonly ClaimedJob[], askedAtMs: number): void {
    this.#isIdle = false;
    this.#running.take(jobs, askedAtMs);
    this.#watch.start();
  }

  async #tellWhose(attempt: Attempt): Promise<void> {
    const { job } = attempt;
    const cancelled = await cancelledOf(this.store, [job]).catch(() => new Set());
    this.announcer.gone(cancelled.has(job.id) ? 'cancelled' : 'lost', attempt);
  }

  #turn(): void {
    this.#isTurnDue = false;
    this.#exchange.flushEnded();
    this.settling.flush();
    this.#loop.turn();
    this.#running.nextTurn();
    this.#check();
  }

  /** Whether this is the end of a run or of a stop: nothing runs, and everything that ran is recorded. */
  #check(): void {
    if (this.isRunning || !this.settling.isEmpty || !this.#loop.isAtRest) return;
    if (this.#stopping !== null) this.#quiet.resolve();
    else if (this.#run !== null) this.#rest(this.#run);
  }

  #rest({ untilIdle }: Run): void {
    if (this.#loop.hasFoundNothing && !this.#isIdle) {
      this.#isIdle = true;
      this.announcer.tell('idle');
    }
    if (untilIdle) this.#runEnded.resolve();
  }

  /** What ran under the old key is given back with its old leases, as far as they still hold. */
  #registerAgain(): void {
    this.#running.abortAll('lease_lost');
    if (this.#stopping !== null) return;
    this.#life.register().then(
      () => this.#loop.wake(),
      (error: unknown) => this.#fail(error),
    );
  }

  #failed(doing: string, error: unknown): void {
    if (isLasting(error)) this.#fail(error);
    else this.#trouble.report(doing, error);
  }

  /** The database is lost for good: handlers are stopped, and the run ends with the cause. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#running.abortAll('lease_lost');
    void this.stop(0);
  }

  async #stop(): Promise<void> {
    this.#loop.close();
    this.#reaper.stop();
    this.#running.releaseWaiting();
    if (this.isRunning) this.#renew(true);
    this.requestTurn();
    await this.#quiet.promise;
    this.#countdown.clear();
    this.#watch.stop();
    await Promise.all([this.#life.leave(farewellMs), this.isolation.close()]);
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#runEnded.resolve();
  }

  /** Tells that it is there, and whether it stops. */
  #renew(stopping: boolean): void {
    if (this.key === null) return;
    const beat = { ...this.key, stopping };
    this.store.call('renew', beat, { waitMs: this.waitMs }).catch((error: unknown) => {
      this.#trouble.report('Renewing the lease', error);
    });
  }
}
