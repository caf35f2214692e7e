/** The jobs in a worker's slots: starts their handlers, and sees each attempt to its one recorded end. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { decide, type Outcome } from '../core/decide.ts';
import type { ClaimedJob, Settlement } from '../core/job.ts';
import { isLone } from '../core/standing.ts';
import { type AbortCode, Attempt, type AttemptHost, type Ending } from './attempt.ts';
import type { Announcer } from './events.ts';
import { runIn } from './faults.ts';
import type { Away, Isolation } from './isolation/isolation.ts';
import { monotonicMs } from './monotonic.ts';
import type { Settings } from './options.ts';
import { type AttemptTools, runAttempt } from './run-attempt.ts';
import type { SettleBuffer } from './settle-buffer.ts';
import type { Slots } from './slots.ts';

interface Waiting {
  readonly attempt: Attempt;
  readonly askedAtMs: number;
}

export interface RunningParts {
  readonly settings: Pick<Settings, 'leaseMs'>;
  /** Whether the job is still this worker's. */
  isHeld(job: ClaimedJob): Promise<boolean>;
  /** Tasks whose suspects run in processes of their own. */
  readonly moduleTasks: readonly string[];
  readonly slots: Slots;
  readonly settling: SettleBuffer;
  /** Where it says whose handler is being called, for whoever sees that it does not come back. */
  readonly stage: Float64Array;
  readonly announcer: Announcer;
  readonly tools: AttemptTools;
  /** Asks for a call of `nextTurn` in the next turn of the event loop. */
  requestTurn(): void;
  /** A slot has become free, and there may be something to settle. */
  freed(attempt: Attempt): void;
  /** A slot has become free long after its attempt had ended. */
  slotFree(): void;
  /** Where the job is to run; null: here. */
  awayFor(job: ClaimedJob): Away | null;
  readonly isolation: Isolation;
  /** The job was no longer this worker's when its end was to be recorded. */
  refused(attempt: Attempt): void;
}

/** How long handlers are started in a row before the event loop gets its turn. */
const sliceMs = 10;
/** The share of a lease for which a claim is good without another look. */
const sureShare = 0.5;

export class RunningJobs implements AttemptHost {
  readonly #parts: RunningParts;
  /** A list, for the reason in store/awaited.ts. */
  readonly #attempts: Attempt[] = [];
  readonly #waiting: Waiting[] = [];
  /** Those that may end this very process. */
  readonly #suspects = new Set<Attempt>();
  /** Handlers run in the context in which the worker was started, not in that of whatever woke it. */
  readonly #inContext = AsyncLocalStorage.snapshot();
  /** How many more may be started in this turn of the event loop. */
  #quota: number;

  constructor(parts: RunningParts) {
    this.#parts = parts;
    this.#quota = parts.slots.atOnce;
  }

  get size(): number {
    return this.#attempts.length;
  }

  /** Whether a suspect runs beside the others. */
  get hasSuspect(): boolean {
    return this.#suspects.size > 0;
  }

  get attempts(): readonly Attempt[] {
    return [...this.#attempts];
  }

  take(jobs: readonly ClaimedJob[], askedAtMs: number): void {
    for (const job of jobs) {
      const attempt = new Attempt(job, this);
      this.#attempts.push(attempt);
      if (isLone(this.#parts.moduleTasks, job)) this.#suspects.add(attempt);
      this.#waiting.push({ attempt, askedAtMs });
    }
    this.#inContext(() => this.#startSome());
  }

  /** What has ended is about to leave for the store: once it has, others may begin. */
  nextTurn(): void {
    this.#quota = this.#parts.slots.atOnce;
    if (this.#waiting.length > 0) setImmediate(() => this.#inContext(() => this.#startSome()));
  }

  /** Jobs that were claimed in vain. */
  giveBack(jobs: readonly ClaimedJob[]): void {
    for (const job of jobs) new Attempt(job, this).abort('shutdown');
  }

  abortAll(code: AbortCode): void {
    for (const attempt of this.attempts) attempt.abort(code);
  }

  /** Gives back what has not been started yet. */
  releaseWaiting(): void {
    for (const { attempt } of this.#waiting.splice(0)) attempt.abort('shutdown');
  }

  // ── AttemptHost ───────────────────────────────────────────────────────────────────────────────

  ended(attempt: Attempt, ending: Ending): void {
    const { slots, announcer } = this.#parts;
    const { job } = attempt;
    this.#forget(attempt);
    this.#suspects.delete(attempt);
    if (attempt.leftBehind === null) slots.giveBack([job.slot]);
    else void attempt.leftBehind.then(() => this.#freeLate(attempt));
    if (ending.outcome === null) announcer.gone('cancelled', attempt);
    else this.#settle(attempt, ending, ending.outcome);
    this.#parts.freed(attempt);
  }

  blamedLate({ job }: Attempt, error: unknown): void {
    const { tools } = this.#parts;
    tools.logger.error(
      { ...labelOf(job), err: error },
      'A handler failed after its attempt had ended',
    );
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────

  #startSome(): void {
    const untilMs = performance.now() + sliceMs;
    while (this.#waiting.length > 0 && this.#quota > 0 && performance.now() < untilMs) {
      this.#quota -= 1;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#startIfHeld(next);
    }
    if (this.#waiting.length > 0) this.#parts.requestTurn();
  }

  /** Who was frozen, or held up, for most of a lease since it asked may have lost the job before it could begin. */
  #startIfHeld({ attempt, askedAtMs }: Waiting): void {
    const { leaseMs } = this.#parts.settings;
    if (monotonicMs() - askedAtMs < leaseMs * sureShare) this.#start(attempt);
    else void this.#startOnceSure(attempt);
  }

  async #startOnceSure(attempt: Attempt): Promise<void> {
    if (await this.#parts.isHeld(attempt.job)) this.#start(attempt);
    else attempt.abort('lease_lost');
  }

  #forget(attempt: Attempt): void {
    const place = this.#attempts.indexOf(attempt);
    // Jobs that were claimed in vain were never among them.
    if (place === -1) return;
    const last = this.#attempts.pop();
    if (last !== undefined && last !== attempt) this.#attempts[place] = last;
  }

  #freeLate({ job }: Attempt): void {
    this.#parts.slots.giveBack([job.slot]);
    this.#parts.slotFree();
  }

  #start(attempt: Attempt): void {
    const { announcer, isolation } = this.#parts;
    if (attempt.isOver) return;
    announcer.started(attempt.job);
    const away = this.#parts.awayFor(attempt.job);
    if (away === null) this.#startHere(attempt);
    else void isolation.start(attempt, away);
  }

  #startHere(attempt: Attempt): void {
    const { tools, stage } = this.#parts;
    stage[0] = attempt.job.lease.seq;
    try {
      attempt.begin(() => runIn(attempt, () => runAttempt(attempt, tools)));
    } catch (error) {
      attempt.blame(error);
    }
    stage[0] = 0;
  }

  #settle(attempt: Attempt, ending: Ending, outcome: Outcome): void {
    const paramsLength = attempt.job.params.length;
    const settlement = { ...settlementOf(attempt.job, outcome), paramsLength };
    this.#parts.settling.add(settlement, (answer) => {
      if (answer === 'lost') this.#parts.refused(attempt);
      else this.#recorded(attempt, settlement, ending);
    });
  }

  #recorded(attempt: Attempt, settlement: Settlement, { abort, thrown }: Ending): void {
    const { announcer } = this.#parts;
    const { job, progress } = attempt;
    this.#log(job, settlement, thrown);
    if (abort === 'lease_lost') announcer.gone('lost', attempt);
    else if (abort !== 'shutdown' && !isGivenBack(settlement, thrown))
      announcer.settled(eventOf(settlement), { job, progress, settlement, thrown });
  }

  #log(job: ClaimedJob, { status, execution, attempts }: Settlement, thrown: unknown): void {
    const { logger } = this.#parts.tools;
    const fields = labelOf(job);
    if (status === 'completed') logger.info(fields, 'Job completed');
    else if (execution === 'released') logger.info(fields, 'Job given back');
    else if (status === 'failed' || status === 'timeout') {
      logger.error({ ...fields, err: thrown }, `Job ended as ${status}`);
    } else if (execution === 'lost') logger.warn({ ...fields, err: thrown }, 'Job runs again');
    else
      logger.warn({ ...fields, err: thrown }, `Attempt ${attempts} of ${job.maxAttempts} failed`);
  }
}

function labelOf({ id, task, slot }: ClaimedJob): object {
  return { jobId: id, task, workerId: slot };
}

/** A retry policy that cannot be read must not keep the job from ending. */
function settlementOf(job: ClaimedJob, outcome: Outcome): Settlement {
  const draw = Math.random();
  try {
    return decide(job, outcome, draw);
  } catch {
    return decide({ ...job, retry: null }, outcome, draw);
  }
}

/** Not put off by its handler, which throws what says so. */
function isGivenBack({ execution }: Settlement, thrown: unknown): boolean {
  return execution === 'released' && thrown === undefined;
}

function eventOf({ status }: Settlement): 'completed' | 'failed' | 'timeout' | 'retrying' {
  return status === 'scheduled' || status === 'pending' ? 'retrying' : status;
}
