/** The errors of gigq. Each has a code to branch on and a hint that says what to do. */
import { describeError } from './describe-error.ts';
import { type Duration, explainDuration, parseDuration } from './duration-grammar.ts';
import { type ErrorCode, hintFor } from './error-codes.ts';
import type { JobError } from './job.ts';
import { property } from './preview.ts';

export type { ErrorCode } from './error-codes.ts';

/** What may be said beside the message. */
export interface ErrorDetails {
  /** What to do; each code has one of its own. */
  readonly hint?: string;
  readonly cause?: unknown;
}

// A program can load gigq twice (two versions, a bundle and a module): instanceof sees only its own copy.
const brand = Symbol.for('gigq.error');

/** Sets what is not to be shown or copied with the error's own fields. */
function hide(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

/** An error that gigq raises on purpose. */
export class GigqError extends Error {
  readonly code: ErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.hint = details.hint ?? hintFor(code);
  }
}

/** There is no such job: its id is wrong, or it was cleared. */
export class JobNotFoundError extends GigqError {
  constructor(jobId: string, details?: ErrorDetails) {
    super('job_not_found', `There is no job ${jobId}`, details);
  }
}

/** The job whose result was waited for ended as failed or by its timeout. */
export class JobFailedError extends GigqError {
  readonly jobId: string;

  constructor(jobId: string, reason: string, details?: ErrorDetails) {
    super('job_failed', `Job ${jobId} failed: ${reason}`, details);
    this.jobId = jobId;
  }
}

/** The job whose result was waited for was cancelled. */
export class JobCancelledError extends GigqError {
  readonly jobId: string;

  constructor(jobId: string, reason?: string, details?: ErrorDetails) {
    super(
      'job_cancelled',
      `Job ${jobId} was cancelled${reason === undefined ? '' : `: ${reason}`}`,
      details,
    );
    this.jobId = jobId;
  }
}

/** The result did not come within the time given; the job goes on. */
export class WaitTimeoutError extends GigqError {
  constructor(message: string, details?: ErrorDetails) {
    super('wait_timeout', message, details);
  }
}

/**
 * Thrown by a handler: the job fails now, whatever attempts are left.
 * @example
 * if (response.status === 404) throw new FatalError('the page is gone');
 */
export class FatalError extends GigqError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('job_failed', message, options);
  }
}

/**
 * Thrown by a handler: run the job again later; uses up no attempt.
 * @example
 * if (response.status === 429) throw new RetryLater('5m');
 */
export class RetryLater extends GigqError {
  readonly delay: Duration | Date;

  constructor(delay: Duration | Date, options?: { readonly cause?: unknown }) {
    super('job_failed', `The handler asked to run again ${describeDelay(delay)}`, {
      ...options,
      hint: 'Nothing to do: the worker runs the job again by itself.',
    });
    this.delay = delay;
  }
}

function describeDelay(delay: Duration | Date): string {
  if (delay instanceof Date && !Number.isNaN(delay.getTime())) return `at ${delay.toISOString()}`;
  if (typeof delay === 'string' && parseDuration(delay) !== undefined) return `in ${delay}`;
  const message =
    delay instanceof Date
      ? 'RetryLater: expected a valid Date'
      : explainDuration(delay, 'RetryLater');
  throw new GigqError('invalid_duration', message);
}

interface ErrorClass {
  new (...args: never): GigqError;
  readonly prototype: GigqError;
}

const classes = new Map<string, ErrorClass>(
  Object.entries({
    GigqError,
    JobNotFoundError,
    JobFailedError,
    JobCancelledError,
    WaitTimeoutError,
    FatalError,
    RetryLater,
  }),
);
for (const [name, type] of classes) {
  hide(type.prototype, 'name', name);
  hide(type.prototype, brand, name);
}

function brandOf(error: unknown): unknown {
  return property(error, brand);
}

/** Whether the error is gigq's own, of whichever copy of gigq. */
export function isGigqError(error: unknown): error is GigqError {
  return typeof brandOf(error) === 'string';
}

/** Whether a handler said by it: do not retry. */
export function isFatal(error: unknown): error is FatalError {
  return brandOf(error) === 'FatalError';
}

/** Whether a handler said by it: run again later. */
export function isRetryLater(error: unknown): error is RetryLater {
  return brandOf(error) === 'RetryLater';
}

/** An error as plain data, to cross the border of a thread. A stored `JobError` is one as well. */
export interface PlainError extends JobError {
  /** The class of gigq that it is of. */
  readonly kind?: string;
  readonly code?: string | number;
  readonly hint?: string;
  readonly jobId?: string;
  /** A duration, or an instant in milliseconds. */
  readonly delay?: string | number;
}

/** Whatever was thrown, as plain data; never throws. */
export function toPlainError(error: unknown): PlainError {
  const kind = brandOf(error);
  const code = property(error, 'code');
  const known = typeof code === 'string' || typeof code === 'number' ? { code } : {};
  return {
    ...describeError(error),
    ...known,
    ...(typeof kind === 'string' && detailsOf(error, kind)),
  };
}

function detailsOf(error: unknown, kind: string): Partial<PlainError> {
  const delay = property(error, 'delay');
  const details = {
    kind,
    hint: property(error, 'hint'),
    jobId: property(error, 'jobId'),
    delay: delay instanceof Date ? delay.getTime() : delay,
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

/** The error again, of its own class, with the stack of where it was raised. */
export function fromPlainError(plain: PlainError): GigqError | Error {
  const { kind, name, message, cause, stack = `${name}: ${message}`, delay, ...details } = plain;
  const type = kind === undefined ? Error : (classes.get(kind) ?? GigqError);
  // Not by its constructor: that checks and composes the message, as was done where it was raised.
  const options = cause && { cause: fromPlainError(cause) };
  const error = Reflect.construct(Error, [message, options], type);
  if (kind === undefined) hide(error, 'name', name);
  const due = typeof delay === 'number' ? new Date(delay) : delay;
  return Object.assign(error, details, { stack }, due !== undefined && { delay: due });
}
