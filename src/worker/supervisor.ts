/** A service: it keeps worker processes alive, replaces those that die, takes their jobs, and stops them all. */
import { trackOpen, untrackOpen } from '../client/open-things.ts';
import { type Checks, checkOptions, durationOption } from '../client/options.ts';
import { type Duration, durationMs } from '../core/duration.ts';
import { GigqError } from '../core/errors.ts';
import { openStore } from '../store/open.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { describeEnd, takeJobs } from './service/burial.ts';
import type { ChildEnd, ChildParts } from './service/child.ts';
import { type ServiceOptions, serviceSettings, type ServiceSettings } from './service/options.ts';
import { Place, type PlaceHost } from './service/place.ts';
import { onFirstSignal } from './signals.ts';

export type { ServiceOptions } from './service/options.ts';

/** Worker processes that are kept alive. */
export interface Service extends AsyncDisposable {
  /**
   * Resolves when the service was stopped and all its processes have ended.
   *
   * @throws {GigqError} Rejects with `service_failed` if processes ended again and again before they were ready, or if
   * one could not give its jobs back when it was stopped.
   */
  readonly done: Promise<void>;
  /** The ids of the processes that live at this moment. */
  readonly pids: readonly number[];
  /**
   * Lets all workers stop as `worker.stop()` does, and resolves when their processes have ended: the grace of 5 s and
   * at most 4 s more after the time given. May be called again, also to shorten the deadline. `done` tells whether all
   * jobs were given back.
   *
   * @param options `timeout`: how long running jobs may go on; default: the service's `shutdownTimeout`.
   * @throws {GigqError} `invalid_option`, `invalid_duration`
   */
  stop(options?: { timeout?: Duration }): Promise<void>;
}

/**
 * Keeps worker processes alive: starts them, starts another one for each that dies, takes the jobs of the dead within a
 * second, and stops them all, by `stop()` or by a signal. What the processes log goes to the logger of the service. If
 * the process that supervises dies itself, its worker processes give their jobs back and end within 5 s.
 *
 * @param database The path of a file, relative to the working directory of now.
 * @throws {GigqError} `invalid_option`, `invalid_duration`
 * @example
 * const service = supervise('jobs.db', { tasks: ['./tasks.ts'], processes: 4, concurrency: 8 });
 * await service.done; // until it is stopped, by a signal for instance
 */
export function supervise(database: string, options: ServiceOptions): Service {
  return new Supervisor(serviceSettings(database, options));
}

const stopChecks: Checks<{ timeout?: Duration }> = { timeout: durationOption };

/** So many processes in a row that end before they are ready, at one place, are no accident. */
const unreadyMax = 5;
/** How long the database may take to answer: usually, and when everything has to end. */
const usualWaitMs = 5000;
const lastWaitMs = 800;

class Supervisor implements Service, PlaceHost {
  readonly done: Promise<void>;
  readonly #settings: ServiceSettings;
  readonly #store: StoreHandle;
  readonly #places: readonly Place[];
  readonly #cwd = process.cwd();
  readonly #burials = new Set<Promise<void>>();
  #isWarm = false;
  #isStopping = false;
  #failure: GigqError | null = null;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.#store = openStore(settings.database, { initialize: false, inPlace: false });
    const { processes } = settings;
    this.#places = Array.from({ length: processes }, (_, number) => new Place(number, this));
    this.done = this.#run();
    trackOpen(this, 'worker');
  }

  get pids(): readonly number[] {
    return this.#places.map(({ pid }) => pid).filter((pid) => pid !== null);
  }

  async stop(options: { timeout?: Duration } = {}): Promise<void> {
    checkOptions(stopChecks, options, 'stop()');
    const { timeout } = options;
    this.#stop(timeout === undefined ? this.#settings.shutdownMs : durationMs(timeout, 'timeout'));
    await this.done.catch(() => undefined);
  }

  close(): Promise<void> {
    return this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  // ── for the places ────────────────────────────────────────────────────────────────────────────

  partsOf({ number }: Place): ChildParts {
    const { database, logger, shutdownMs } = this.#settings;
    const orders = { database, options: this.#settings.optionsOf(number) };
    return { orders, logger, shutdownMs, cwd: this.#cwd, ready: (pid) => this.#ready(pid) };
  }

  ended(place: Place, end: ChildEnd): Promise<void> {
    const burial = this.#bury(end).finally(() => this.#burials.delete(burial));
    this.#burials.add(burial);
    this.#tell(end);
    if (!this.#isStopping) this.#countUnready(place, end);
    return burial;
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────

  async #run(): Promise<void> {
    const { handleSignals } = this.#settings;
    const ignoreSignals = handleSignals ? this.#heedSignals() : undefined;
    await Promise.all(this.#places.map((place) => place.keep()));
    await Promise.all(this.#burials);
    // Not waited for: a call that still waits for the database must not hold up the end.
    this.#store.close().catch(() => undefined);
    ignoreSignals?.();
    untrackOpen(this);
    if (this.#failure !== null) throw this.#failure;
  }

  #heedSignals(): () => void {
    const { logger, shutdownMs } = this.#settings;
    const stop = (signal: string): void => {
      logger.info({ signal }, 'The service stops; a second signal ends it at once');
      this.#stop(shutdownMs);
    };
    return onFirstSignal(stop, () => this.#places.forEach((place) => place.kill()));
  }

  #stop(timeoutMs: number): void {
    this.#isStopping = true;
    for (const place of this.#places) place.stop(timeoutMs);
  }

  #ready(pid: number): void {
    this.#settings.logger.info({ pid }, 'A worker process is ready');
    for (const place of this.#places) place.unready = 0;
    this.#warmUp();
  }

  /** A database that is open already gives the jobs of a dead worker to others before anybody else has noticed. */
  #warmUp(): void {
    if (this.#isWarm) return;
    this.#isWarm = true;
    this.#store.call('workers', { runningOf: 'lost' }).catch(() => undefined);
  }

  #tell({ identity: { pid }, error, ...end }: ChildEnd): void {
    if (this.#isStopping && end.hasLeft) return;
    const { logger } = this.#settings;
    const fields = { pid, ...(error !== null && { err: error }) };
    const next = this.#isStopping ? '' : '; another one takes its place';
    const message = `A worker process ${describeEnd(end)}${next}`;
    if (end.hasLeft) logger.info(fields, message);
    else logger.warn(fields, message);
  }

  #countUnready(place: Place, end: ChildEnd): void {
    place.unready = end.wasReady ? 0 : place.unready + 1;
    if (place.unready < unreadyMax) return;
    const what = `${unreadyMax} times in a row a worker process ended before it was ready`;
    this.#fail(`${what}, the last one`, end);
    this.#stop(this.#settings.shutdownMs);
  }

  #fail(what: string, { error, ...end }: ChildEnd): void {
    const message = `${what} ${describeEnd(end)}`;
    this.#failure ??=
      error === null
        ? new GigqError('service_failed', message)
        : new GigqError('service_failed', `${message}: ${error.message}`, { cause: error });
  }

  /** Never rejects. What has left holds nothing, nor does what was never ready. */
  async #bury(end: ChildEnd): Promise<void> {
    if (end.hasLeft || !end.wasReady) return;
    const wereGivenBack = await this.#takeJobs(end);
    if (this.#isStopping && (end.error !== null || !wereGivenBack))
      this.#fail('A worker process that was stopped did not give its jobs back: it', end);
  }

  async #takeJobs(end: ChildEnd): Promise<boolean> {
    const { logger } = this.#settings;
    const { pid } = end.identity;
    try {
      const waitMs = this.#isStopping ? lastWaitMs : usualWaitMs;
      const jobs = await takeJobs(end, { store: this.#store, waitMs });
      if (jobs > 0) logger.warn({ pid, jobs }, 'The jobs of a dead worker run again');
      return true;
    } catch (error) {
      logger.warn({ pid, err: error }, 'Taking the jobs of a dead worker failed');
      return false;
    }
  }
}
