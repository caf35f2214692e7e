/** One run of a job in this worker, from its claim to the one ending that counts. */
import { describeError } from '../core/describe-error.ts';
import type { Outcome } from '../core/decide.ts';
import { durationMs } from '../core/duration.ts';
import type { ClaimedJob, Progress } from '../core/job.ts';
import { defaults } from '../core/limits.ts';
import { runIn, type Scope } from './faults.ts';
import { after } from '../client/long-timer.ts';

/** Why a handler is asked to stop: `signal.reason.code`. */
export type AbortCode = 'timeout' | 'cancelled' | 'shutdown' | 'lease_lost';

/** How an attempt ended. */
export interface Ending {
  /** Null: there is nothing to record, for the job is no longer ours. */
  readonly outcome: Outcome | null;
  /** What was thrown, or why it was aborted. */
  readonly thrown: unknown;
  readonly abort: AbortCode | null;
  /** How long its handler took, where that was not on this event loop. */
  readonly tookMs?: number;
}

/** The reason of an abort. */
export class AbortReason extends Error {
  readonly code: AbortCode;

  constructor(code: AbortCode, job: ClaimedJob) {
    super(messages[code](job));
    this.code = code;
    this.name = code === 'timeout' ? 'TimeoutError' : 'AbortError';
  }
}

const messages: Readonly<Record<AbortCode, (job: ClaimedJob) => string>> = {
  timeout: ({ timeout }) => `The attempt took longer than its timeout of ${timeout}`,
  cancelled: () => 'The job was cancelled',
  shutdown: () => 'The worker is stopping',
  lease_lost: () => 'The worker can no longer be sure that the job is its own',
};

const nothingToUndo = (): void => {};

/** How long the handler may take, and how long it may go on once it was asked to stop. */
export interface Limits {
  readonly timeout: string | null;
  readonly graceMs: number;
}

export interface AttemptHost {
  ended(attempt: Attempt, ending: Ending): void;
  /** An error of the handler's that came after its attempt had ended. */
  blamedLate(attempt: Attempt, error: unknown): void;
}

export class Attempt implements Scope {
  readonly job: ClaimedJob;
  /** What the handler last told. */
  progress: Progress | null = null;
  readonly #host: AttemptHost;
  readonly #limits: Limits;
  #state: 'waiting' | 'running' | 'over' = 'waiting';
  #controller: AbortController | null = null;
  #reason: AbortReason | null = null;
  #hasBegun = false;
  #startedAtMs = 0;
  #timeoutMs = Infinity;
  #undoTimer = nothingToUndo;
  #kill: (() => Promise<void>) | null = null;
  #leftBehind: Promise<void> | null = null;

  constructor(
    job: ClaimedJob,
    host: AttemptHost,
    limits: Limits = { timeout: job.timeout, graceMs: defaults.graceMs },
  ) {
    this.job = job;
    this.#host = host;
    this.#limits = limits;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  get isAborted(): boolean {
    return this.#reason !== null;
  }

  /** Why its handler was asked to stop. */
  get reason(): AbortReason | null {
    return this.#reason;
  }

  /** Resolves when the last of its handler is gone; null: nothing outlives the attempt that takes up its slot. */
  get leftBehind(): Promise<void> | null {
    return this.#leftBehind;
  }

  leavesBehind(gone: Promise<void>): void {
    this.#leftBehind = gone;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Made when it is first asked for: most handlers do not look at it. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Runs the job unless it was aborted while it waited. `kill` ends a handler that does not stop by itself. */
  begin(run: () => Promise<Ending>, kill: (() => Promise<void>) | null = null): void {
    if (this.#state !== 'waiting') return;
    this.#kill = kill;
    this.#state = 'running';
    this.#hasBegun = true;
    this.#startedAtMs = performance.now();
    this.#setTimeout();
    run().then(
      (ending) => this.#handlerEnded(ending),
      (error: unknown) => this.blame(error),
    );
  }

  /** Asks the handler to stop; it is given some grace, then the attempt is over without it. The first reason counts. */
  abort(code: AbortCode): void {
    if (this.#reason !== null || this.#state === 'over') return;
    this.#reason = new AbortReason(code, this.job);
    if (this.#state === 'waiting') this.#end(endingBy(this.#reason));
    else this.#stopHandler(this.#reason);
  }

  /** An error that the handler left to nobody fails its attempt. */
  blame(error: unknown): void {
    if (this.#state !== 'running') return this.#host.blamedLate(this, error);
    const failed: Outcome = { kind: 'failed', error: describeError(error), final: false };
    this.#end(
      this.#reason === null
        ? { outcome: failed, thrown: error, abort: null }
        : endingBy(this.#reason),
    );
    this.#tellHandler(error);
  }

  #setTimeout(): void {
    const { timeout } = this.#limits;
    if (timeout === null) return;
    this.#timeoutMs = durationMs(timeout, 'timeout');
    this.#undoTimer = after(this.#timeoutMs, () => this.abort('timeout'));
  }

  #stopHandler(reason: AbortReason): void {
    this.#undoTimer();
    this.#undoTimer = after(this.#limits.graceMs, () => void this.#graceEnded(reason));
    this.#tellHandler(reason);
  }

  /** What listens for an abort is the handler's own: what it throws, or leaves to nobody, is the job's. */
  #tellHandler(reason: unknown): void {
    const controller = this.#controller;
    if (controller !== null) runIn(this, () => controller.abort(reason));
  }

  /** What can be ended is ended first, so that the job cannot run twice at a time. */
  async #graceEnded(reason: AbortReason): Promise<void> {
    await this.#kill?.();
    this.#end(endingBy(reason));
  }

  #handlerEnded(ending: Ending): void {
    // A handler that blocks the event loop keeps the timer from firing: its time was up all the same. One that ran
    // elsewhere was in time by its own clock, whatever kept this loop from hearing of it.
    const tookMs = ending.tookMs ?? performance.now() - this.#startedAtMs;
    if (tookMs >= this.#timeoutMs) this.abort('timeout');
    const wasInTime = ending.tookMs !== undefined && tookMs < this.#timeoutMs;
    const reason = wasInTime && this.#reason?.code === 'timeout' ? null : this.#reason;
    this.#end(reason === null || this.isOver ? ending : endingBy(reason));
  }

  #end(ending: Ending): void {
    if (this.#state === 'over') return this.#endedLate(ending);
    this.#state = 'over';
    this.#undoTimer();
    this.#host.ended(this, ending);
  }

  #endedLate({ outcome, thrown }: Ending): void {
    if (outcome?.kind === 'failed') this.#host.blamedLate(this, thrown);
  }
}

function endingBy(reason: AbortReason): Ending {
  return { outcome: outcomeOf(reason), thrown: reason, abort: reason.code };
}

function outcomeOf(reason: AbortReason): Outcome | null {
  switch (reason.code) {
    case 'timeout':
      return { kind: 'timeout', error: describeError(reason) };
    case 'cancelled':
      return null;
    case 'shutdown':
    case 'lease_lost':
      return { kind: 'released' };
  }
}
