/** Workers: they claim jobs, run their handlers and record what came of it. This file is a worker's life from outside. */
import { EventEmitter } from 'node:events';
import { JobQueue, loggerOf, storeOf } from '../client/job-queue.ts';
import type { Logger } from '../client/logger.ts';
import { trackOpen, untrackOpen } from '../client/open-things.ts';
import { type Checks, checkOptions, durationOption, refusal } from '../client/options.ts';
import { type Duration, durationMs } from '../core/duration.ts';
import { GigqError } from '../core/errors.ts';
import { Announcer, type WorkerEvents } from './events.ts';
import { guardFaults } from './faults.ts';
import { type Settings, settingsOf, type WorkerOptions } from './options.ts';
import type { Run } from './claim-loop.ts';
import { Session } from './session.ts';
import { onFirstSignal } from './signals.ts';
import { loadTasks, type TaskTable } from './task-loader.ts';

export type { WorkerEvents } from './events.ts';
export type { WorkerOptions } from './options.ts';

const stopChecks: Checks<{ timeout?: Duration }> = { timeout: durationOption };

/**
 * Runs jobs. A job is run at least once, and at most one outcome of it is recorded; a worker that dies leaves its jobs
 * to the others.
 *
 * @example
 * const worker = new Worker('jobs.db', { concurrency: 8 });
 * worker.on('failed', (job, error) => console.error(job.name, error.message));
 * await worker.start(); // until it is stopped, by a signal for instance
 */
export class Worker extends EventEmitter<WorkerEvents> implements AsyncDisposable {
  /** A name for people; with `concurrency` over 1 its slots are '<id>-0', '<id>-1', … */
  readonly workerId: string;
  readonly #database: string | JobQueue;
  readonly #settings: Settings;
  readonly #announcer: Announcer;
  #session: Session | null = null;
  #started: { readonly done: Promise<void>; readonly stops: number } | null = null;
  #lastRun: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #stops = 0;
  #isClosed = false;
  #leave = (): Promise<void> => Promise.resolve();
  #unguard = (): void => {};
  #closing: Promise<unknown> = Promise.resolve();

  /**
   * Opens nothing yet.
   *
   * @param database The path of a file, which the worker opens and closes by itself; or a queue, which it leaves open,
   * and which may be closed before the worker: the worker goes on until it is stopped.
   * @throws {GigqError} `invalid_option`, `invalid_duration`
   */
  constructor(database: string | JobQueue, options: WorkerOptions = {}) {
    super();
    this.#settings = settingsOf(options, inheritedLogger(database));
    this.#database = database;
    this.#announcer = new Announcer(this, this.#settings.logger);
    this.workerId = this.#settings.workerId;
  }

  /** Whether it runs jobs or waits for some. */
  get running(): boolean {
    return this.#runs > 0;
  }

  /** The jobs whose handlers run in this worker at this moment. */
  get currentJobs(): readonly { readonly id: string; readonly name: string }[] {
    const attempts = this.#session?.attempts ?? [];
    return attempts.map(({ job: { id, name } }) => ({ id, name }));
  }

  /**
   * Claims and runs jobs until the worker is stopped, then resolves; it may be started again. While it is starting or
   * running, another call returns the same promise; while it is stopping, it starts again once it has stopped.
   *
   * @throws {GigqError} Rejects if it could not start (a task module, the database) or lost its database for good:
   * also if, when it was stopped, the database did not take back what had been running.
   * @example
   * const done = worker.start(); // in the background
   * await worker.stop();
   * await done;
   */
  start(): Promise<void> {
    if (this.#started?.stops === this.#stops) return this.#started.done;
    const started = {
      done: this.#start().finally(() => this.#startEnded(started)),
      stops: this.#stops,
    };
    this.#started = started;
    return started.done;
  }

  /**
   * Runs one job and resolves once its end is recorded; false if none was ready. Calls made at the same time run one
   * after the other.
   *
   * @throws {GigqError} `worker_running` while `start()` runs; what `start` rejects with
   * @example
   * while (await worker.processOne());
   */
  async processOne(): Promise<boolean> {
    this.#assertNotStarted();
    return (await this.#perform({ jobs: 1, untilIdle: true })) > 0;
  }

  /**
   * Runs jobs until nothing that this worker can run is pending or running here, then resolves with how many ran. It
   * does not wait for scheduled jobs.
   *
   * @throws {GigqError} `worker_running` while `start()` runs; what `start` rejects with
   * @example
   * console.log(`${await worker.drain()} jobs ran`);
   */
  async drain(): Promise<number> {
    this.#assertNotStarted();
    return this.#perform({ jobs: Infinity, untilIdle: true });
  }

  /**
   * Takes no more jobs and lets running ones end; those that have not ended at the deadline are aborted, get 5 s of
   * grace, and are given back without using up an attempt. May be called again, also to shorten the deadline.
   *
   * @param options `timeout`: how long running jobs may go on; default: the worker's `shutdownTimeout`.
   * @throws {GigqError} `invalid_option`, `invalid_duration`
   * @example
   * await worker.stop({ timeout: '5s' });
   */
  async stop(options: { timeout?: Duration } = {}): Promise<void> {
    checkOptions(stopChecks, options, 'stop()');
    const { timeout } = options;
    this.#stops += 1;
    await this.#end(
      timeout === undefined ? this.#settings.shutdownMs : durationMs(timeout, 'timeout'),
    );
  }

  /** Stops the worker if it runs, and leaves the database; a queue that it was given stays open. May be called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stop();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #start(): Promise<void> {
    const { handleSignals, logger } = this.#settings;
    const stopBySignal = (signal: string): void => {
      logger.info(
        { signal, workerId: this.workerId },
        'The worker stops; a second signal ends the process',
      );
      void this.stop();
    };
    const ignoreSignals = handleSignals ? onFirstSignal(stopBySignal) : undefined;
    try {
      await this.#perform({ jobs: Infinity, untilIdle: false });
    } finally {
      ignoreSignals?.();
    }
  }

  #startEnded(started: object): void {
    if (this.#started === started) this.#started = null;
  }

  #assertNotStarted(): void {
    if (this.#started === null) return;
    throw new GigqError('worker_running', `Worker ${this.workerId} is running already`);
  }

  /** One run at a time; a stop also ends those that wait for their turn. */
  async #perform(run: Run): Promise<number> {
    if (this.#isClosed) throw new GigqError('worker_closed', `Worker ${this.workerId} is closed`);
    const stops = this.#stops;
    const isStopped = (): boolean => this.#stops !== stops;
    const turn = this.#lastRun.then(() => (isStopped() ? 0 : this.#runOne(run, isStopped)));
    this.#lastRun = turn.catch(() => undefined);
    return turn;
  }

  async #runOne(run: Run, isStopped: () => boolean): Promise<number> {
    this.#runs += 1;
    try {
      const tasks = await loadTasks(this.#settings.tasks, this.#settings.logger);
      return isStopped() ? 0 : await this.#runIn(this.#session ?? this.#newSession(tasks), run);
    } finally {
      this.#runs -= 1;
    }
  }

  async #runIn(session: Session, run: Run): Promise<number> {
    try {
      await session.open();
      if (!run.untilIdle && !session.isStopping) this.#announcer.tell('ready');
      return await session.run(run);
    } catch (error) {
      void session.stop(0);
      throw error;
    } finally {
      if (session.isStopping) await this.#end(0);
    }
  }

  #newSession(tasks: TaskTable): Session {
    const settings = this.#settings;
    const isOwn = typeof this.#database === 'string';
    const queue =
      typeof this.#database === 'string' ? new JobQueue(this.#database) : this.#database;
    const store = storeOf(queue).sibling();
    this.#leave = async () => {
      await store.close();
      if (isOwn) await queue.close();
    };
    this.#session = new Session({ store, settings, tasks, announcer: this.#announcer });
    // Until it leaves, not only while it runs: handlers leave timers and promises behind that fail after a drain.
    this.#unguard = guardFaults();
    trackOpen(this, 'worker');
    return this.#session;
  }

  async #end(timeoutMs: number): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    await session.stop(timeoutMs);
    if (this.#session !== session) return;
    this.#session = null;
    this.#unguard();
    untrackOpen(this);
    // Not waited for: a call that still waits for the database must not hold up who stops.
    this.#closing = this.#leave().catch(() => undefined);
    this.#announcer.tell('stopped');
  }
}

/** A path has none. */
function inheritedLogger(database: string | JobQueue): Logger | undefined {
  if (typeof database === 'string') return undefined;
  if (database instanceof JobQueue) return loggerOf(database);
  throw refusal('Worker: database', 'a path or a JobQueue', database);
}
