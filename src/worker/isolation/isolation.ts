/** Runs attempts away from the worker's own event loop, where they can be stopped. */
import type { ClaimedJob, Inputs, Progress } from '../../core/job.ts';
import { attempt as attemptTo } from '../../core/preview.ts';
import { describeError } from '../../core/describe-error.ts';
import type { NoInputs } from '../../store/store.ts';
import type { Attempt, Ending } from '../attempt.ts';
import { within } from '../within.ts';
import { crashed, type HandlerHost } from './handler-host.ts';
import type { Place } from './place.ts';
import { Pool, type PoolParts } from './pool.ts';

/** Where a job is to run, and what is needed for it. */
export interface Away {
  readonly place: Place;
  readonly file: string;
}

export interface IsolationParts extends PoolParts {
  inputsOf(job: ClaimedJob): Promise<Inputs | NoInputs>;
  report(attempt: Attempt, progress: Progress): void;
  /** What runs an attempt could not be ended: a thread in a native call. */
  stuck(attempt: Attempt): void;
}

/** How long the end of a handler is waited for before its outcome is recorded without it. */
const endMs = 1000;

export class Isolation {
  readonly #parts: IsolationParts;
  readonly #pool: Pool;

  constructor(parts: IsolationParts) {
    this.#parts = parts;
    this.#pool = new Pool(parts);
  }

  /** Has one ready of each kind before there is a job for it. */
  warm(places: readonly Away[]): void {
    for (const { place, file } of places) {
      // What cannot be started now is told by the first job that needs it.
      const host = attemptTo(() => this.#pool.warm(place));
      void host?.prepare(file);
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** The time of an attempt is that of its handler: it begins once there is something to run it. */
  async start(attempt: Attempt, away: Away): Promise<void> {
    const host = this.#take(away.place);
    if (typeof host === 'string') return attempt.begin(() => Promise.resolve(crashed(host)));
    await host.prepare(away.file);
    if (attempt.isOver) this.#pool.giveBack(host);
    else
      attempt.begin(
        () => this.#run(attempt, away, host),
        () => this.#kill(attempt, host),
      );
  }

  /** A text: why there is none, for a lack of memory or of processes. */
  #take(place: Place): HandlerHost | string {
    try {
      return this.#pool.take(place);
    } catch (error) {
      return `Its ${place.kind} could not be started: ${describeError(error).message}`;
    }
  }

  async #run(attempt: Attempt, { file }: Away, host: HandlerHost): Promise<Ending> {
    const { job, signal } = attempt;
    const abort = (): void => host.abort(attempt.reason?.code ?? 'shutdown');
    signal.addEventListener('abort', abort, { once: true });
    const inputs = job.inputs === 'ask' ? await this.#parts.inputsOf(job) : null;
    const progressed = (progress: Progress): void => this.#parts.report(attempt, progress);
    const running = host.run({ job, inputs, file, progressed });
    // It was not there to hear it before.
    if (attempt.isAborted) abort();
    const ending = await running;
    this.#pool.giveBack(host);
    return ending;
  }

  /** Resolves once it has ended, or is not waited for any longer: then its slot stays taken until it has. */
  async #kill(attempt: Attempt, host: HandlerHost): Promise<void> {
    host.kill();
    if (await within(endMs, host.gone)) return;
    attempt.leavesBehind(host.gone);
    this.#parts.stuck(attempt);
  }
}
