/** Tells whoever listens what happens to a worker's jobs. Nobody listening costs nothing; nothing they do counts. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { type JobInfo, toJobInfo } from '../client/job-info.ts';
import type { Logger } from '../client/logger.ts';
import type { ClaimedJob, Due, JobRecord, Progress, Settlement } from '../core/job.ts';
import { attempt, preview } from '../core/preview.ts';
import { runIn, type Scope } from './faults.ts';

/** What a worker tells, each with its job as it is then. There is no 'error' event. */
export interface WorkerEvents {
  /** It is registered and claims jobs. */
  ready: [];
  started: [job: JobInfo];
  completed: [job: JobInfo];
  /** An attempt failed or timed out, or asked by RetryLater to run again: the job will. */
  retrying: [job: JobInfo, error: Error];
  failed: [job: JobInfo, error: Error];
  /** Its last attempt timed out. */
  timeout: [job: JobInfo];
  /** It was cancelled while it ran, and its handler has ended or used up its grace. */
  cancelled: [job: JobInfo];
  /** The worker lost its lease, or could not be sure of it: another run counts. */
  lost: [job: JobInfo];
  /** There is nothing to claim and nothing running. */
  idle: [];
  stopped: [];
}

type EventName = keyof WorkerEvents;
type Listener = (...values: readonly unknown[]) => unknown;
type JobEvent = Exclude<EventName, 'ready' | 'idle' | 'stopped'>;

const withError: ReadonlySet<JobEvent> = new Set(['retrying', 'failed']);

/** A job and what its handler has told of it. */
export interface Ran {
  readonly job: ClaimedJob;
  readonly progress: Progress | null;
}

export interface Recorded extends Ran {
  readonly settlement: Settlement;
  readonly thrown: unknown;
}

export class Announcer {
  readonly #emitter: EventEmitter<WorkerEvents>;
  readonly #logger: Logger;
  readonly #scope: Scope;
  /** Listeners run in the context in which the worker was made, not in that of the job that they hear of. */
  readonly #inContext = AsyncLocalStorage.snapshot();

  constructor(emitter: EventEmitter<WorkerEvents>, logger: Logger) {
    this.#emitter = emitter;
    this.#logger = logger;
    this.#scope = { blame: (error) => this.#complain(error) };
  }

  tell(event: 'ready' | 'idle' | 'stopped'): void {
    this.#call(event, () => []);
  }

  started(job: ClaimedJob): void {
    this.#call('started', () => [infoOf({ job, progress: null })]);
  }

  /** A job whose settlement was recorded. */
  settled(event: JobEvent, { settlement, thrown, ...ran }: Recorded): void {
    this.#call(event, () => {
      const info = settledInfo(ran, settlement);
      return withError.has(event) ? [info, asError(thrown)] : [info];
    });
  }

  /** A job that is no longer this worker's. */
  gone(event: 'cancelled' | 'lost', ran: Ran): void {
    const change = event === 'cancelled' ? cancelledNow() : { slot: null };
    this.#call(event, () => [infoOf(ran, change)]);
  }

  /** Each listener on its own, so that one that throws keeps none of the others from hearing. */
  #call(event: EventName, make: () => readonly unknown[]): void {
    if (this.#emitter.listenerCount(event) === 0) return;
    const values = make();
    for (const listener of this.#emitter.rawListeners(event)) {
      const hear = (): Promise<void> => this.#hear(listener as Listener, values);
      void this.#inContext(() => runIn(this.#scope, hear));
    }
  }

  async #hear(listener: Listener, values: readonly unknown[]): Promise<void> {
    try {
      await Reflect.apply(listener, this.#emitter, values);
    } catch (error) {
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    this.#logger.error({ err: error }, 'A listener of the worker failed');
  }
}

function cancelledNow(): Partial<JobRecord> {
  const now = Date.now();
  return { status: 'cancelled', slot: null, completedAtMs: now };
}

function settledInfo(ran: Ran, settlement: Settlement): JobInfo {
  const { status, attempts, result, error, due } = settlement;
  const now = Date.now();
  const isOver = status !== 'scheduled' && status !== 'pending';
  const completedAtMs = isOver ? now : null;
  return infoOf(ran, {
    status,
    attempts,
    result,
    error,
    completedAtMs,
    slot: null,
    runAtMs: instantOf(due, now),
  });
}

function instantOf(due: Due | null, now: number): number | null {
  if (due === null) return null;
  return 'atMs' in due ? due.atMs : now + due.afterMs;
}

function infoOf({ job, progress }: Ran, change: Partial<JobRecord> = {}): JobInfo {
  const { lease: _lease, number: _number, retry: _retry, ...known } = job;
  const running = {
    status: 'running',
    result: null,
    progress,
    completedAtMs: null,
  } as const;
  return toJobInfo({ ...known, ...running, updatedAtMs: Date.now(), ...change });
}

/** Listeners are promised an Error, whatever was thrown. */
function asError(thrown: unknown): Error {
  const isError = attempt(() => thrown instanceof Error) === true;
  return isError ? (thrown as Error) : new Error(preview(thrown), { cause: thrown });
}
