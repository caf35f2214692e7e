/** THE state machine: how an execution ended, and what becomes of its job. */
import type { Due, JobError, Lease, RetryPolicy, Settlement } from './job.ts';
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
  /** Its worker is gone: uses up no attempt. */
  | { readonly kind: 'lost'; readonly error: JobError };

/** What deciding needs to know of a running job. */
export interface Decidable {
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
      return again(uncharged(job), 'released', null, now);
    case 'lost':
      return again(uncharged(job), 'lost', outcome.error, now);
  }
}

const now: Due = { afterMs: 0 };

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
  Partial<Pick<Settlement, 'due' | 'result' | 'error'>>;

function settlement(job: Decidable, ending: Ending): Settlement {
  const { lease, attempts } = job;
  return { lease, attempts, due: null, result: null, error: null, ...ending };
}
