/** THE state machine: how an execution ended, and what becomes of its job. */
import type { CrashRecord, Due, JobError, Lease, RetryPolicy, Settlement } from './job.ts';
import { limits } from './limits.ts';
import { retryDelayMs } from './retry.ts';

/** How an execution ended. */
export type Outcome =
  | { readonly kind: 'completed'; readonly result: string }
  | { readonly kind: 'failed'; readonly error: JobError; readonly final: boolean }
  | { readonly kind: 'timeout'; readonly error: JobError }
  /** The handler asked to run again later: uses up no attempt. */
  | { readonly kind: 'postponed'; readonly due: Due; readonly error: JobError | null }
  /** Given back by a worker that stops: uses up no attempt. */
  | { readonly kind: 'released' }
  | ProcessLost;

/**
 * The process that it ran in, or the worker that held it, is gone: uses up no attempt. `crashed`: this job must have been
 * the cause. `suspected`: it may have been. `expired`: nobody knows what was. `lost`: another one was.
 */
export interface ProcessLost {
  readonly kind: 'crashed' | 'suspected' | 'expired' | 'lost';
  readonly error: JobError;
}

/** What deciding needs to know of a running job. */
export interface Decidable extends CrashRecord {
  readonly lease: Lease;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly retry: RetryPolicy | null;
}

/** `draw` is a random number in [0, 1), for jitter. */
export function decide(job: Decidable, outcome: Outcome, draw: number): Settlement {
  switch (outcome.kind) {
    case 'completed':
      return settlement(job, {
        status: 'completed',
        execution: 'completed',
        result: outcome.result,
      });
    case 'failed':
      return outcome.final || isLastAttempt(job)
        ? settlement(job, { status: 'failed', execution: 'failed', error: outcome.error })
        : again(job, 'failed', outcome.error, { afterMs: delayOf(job, draw) });
    case 'timeout':
      return isLastAttempt(job)
        ? settlement(job, { status: 'timeout', execution: 'timeout', error: outcome.error })
        : again(job, 'timeout', outcome.error, { afterMs: delayOf(job, draw) });
    case 'postponed':
      return again(uncharged(job), 'released', outcome.error, outcome.due);
    case 'released':
      return { ...again(uncharged(job), 'released', null, now), suspect: job.suspect };
    case 'crashed':
    case 'suspected':
    case 'expired':
    case 'lost':
      return afterLoss(accused(uncharged(job), outcome.kind), outcome.error);
  }
}

const now: Due = { afterMs: 0 };

// ── crashes are not failures ────────────────────────────────────────────────────────────────────

/** The job with what its loss is to be remembered by. */
function accused(job: Decidable, kind: ProcessLost['kind']): Decidable {
  return {
    ...job,
    crashes: job.crashes + Number(kind === 'crashed'),
    expiries: job.expiries + Number(kind === 'expired'),
    suspect: job.suspect || kind === 'crashed' || kind === 'suspected',
  };
}

/** It runs again at once, until its budget is used up. */
function afterLoss(job: Decidable, error: JobError): Settlement {
  const { crashes, expiries, suspect } = job;
  const kept = { crashes, expiries, suspect };
  const isSpent = crashes >= limits.crashes || expiries >= limits.expiries;
  return isSpent
    ? settlement(job, {
        ...kept,
        status: 'failed',
        execution: 'lost',
        error: crashLoop(job, error),
      })
    : { ...again(job, 'lost', error, now), ...kept };
}

/** The name of the error of a job whose budget for crashes is used up. */
export const crashLoopName = 'CrashLoop';

function crashLoop({ crashes, expiries }: Decidable, cause: JobError): JobError {
  const often =
    crashes >= limits.crashes
      ? `It ended the process that it ran in ${crashes} times`
      : `The workers that ran it were lost ${expiries} times`;
  const advice =
    'so it is not run again. Look at its executions, and at what its processes wrote to stderr; requeue it to try again';
  return {
    name: crashLoopName,
    message: `${often}, ${advice}. The last time: ${cause.message}`,
    cause,
  };
}

// ── putting settlements together ────────────────────────────────────────────────────────────────

function isLastAttempt(job: Decidable): boolean {
  return job.attempts >= job.maxAttempts;
}

function uncharged(job: Decidable): Decidable {
  return { ...job, attempts: Math.max(0, job.attempts - 1) };
}

function delayOf(job: Decidable, draw: number): number {
  return retryDelayMs(job.retry, job.attempts, draw);
}

function again(
  job: Decidable,
  execution: Settlement['execution'],
  error: JobError | null,
  due: Due,
): Settlement {
  const status = 'afterMs' in due && due.afterMs <= 0 ? 'pending' : 'scheduled';
  return settlement(job, { status, execution, error, due: status === 'scheduled' ? due : null });
}

type Ending = Pick<Settlement, 'status' | 'execution'> &
  Partial<Pick<Settlement, 'due' | 'result' | 'error' | keyof CrashRecord>>;

/** A run that comes to its own end clears the job of suspicion; the crashes before stay counted. */
function settlement(job: Decidable, ending: Ending): Settlement {
  const { lease, attempts, crashes, expiries } = job;
  const cleared = { crashes, expiries, suspect: false };
  return { lease, attempts, due: null, result: null, error: null, ...cleared, ...ending };
}
