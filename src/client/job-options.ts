/** The options of a job and of a task: their types, their checks, and what they mean for the job that is stored. */
import type { Duration } from '../core/duration.ts';
import { durationMs } from '../core/duration.ts';
import type { Due, NewJob, RetryPolicy as StoredRetryPolicy } from '../core/job.ts';
import { defaults, limits } from '../core/limits.ts';
import {
  boolean,
  checkOptions,
  type Checks,
  durationOption,
  instant,
  integer,
  line,
  nested,
  oneOf,
  positiveDuration,
  refuseBoth,
  text,
} from './options.ts';
import { type Schema, schemaOption } from './schema.ts';

/**
 * When a failed attempt is tried again.
 *
 * @example
 * const retry: RetryPolicy = { delay: '1s', backoff: 'exponential', maxDelay: '5m', jitter: true };
 */
export interface RetryPolicy {
  /** The delay before the second attempt; default '0ms'. */
  delay?: Duration;
  /** 'exponential' doubles the delay with every attempt; default 'fixed'. */
  backoff?: 'fixed' | 'exponential';
  /** The longest delay; default '1d', or `delay` if that is longer. */
  maxDelay?: Duration;
  /** Takes a random part off each delay, at most half of it, so that jobs do not come back together; default false. */
  jitter?: boolean;
}

/**
 * What can be said of a job beside its task and its params.
 *
 * @example
 * await greet.submit(queue, { name: 'Ada' }, { priority: 10, timeout: '1m', delay: '1h' });
 */
export interface JobOptions {
  /** A name for people, of 1 to 256 characters; default: the task's name. */
  name?: string;
  /** At most 10,000 characters; default ''. */
  description?: string;
  /** The lane it waits in, of 1 to 128 characters; default 'default'. */
  queue?: string;
  /** An integer, higher first; default 0. */
  priority?: number;
  /** How often it may run, the first time included: an integer of at least 1; default 3. */
  maxAttempts?: number;
  /** How long one attempt may take, more than 0; default '300s'; false: no limit. */
  timeout?: Duration | false;
  /** Short for `retry: { delay, backoff: 'fixed' }`; default '0ms'. Excludes `retry`. */
  retryDelay?: Duration;
  /** When a failed attempt is tried again; default: at once. */
  retry?: RetryPolicy;
  /** How long to wait before the first attempt; default '0ms'. Excludes `runAt`. */
  delay?: Duration;
  /** When to run the first attempt; a moment that has passed means now. */
  runAt?: Date;
}

/**
 * The defaults of a task's jobs, and how its handler runs.
 *
 * @example
 * const options: TaskOptions = { maxAttempts: 5, timeout: '30s', retryDelay: '10s' };
 */
export interface TaskOptions extends Omit<JobOptions, 'delay' | 'runAt'> {
  /** Where the handler runs. 'inline', the default: on the event loop. */
  isolation?: 'inline';
}

const retryChecks: Checks<RetryPolicy> = {
  delay: durationOption,
  backoff: oneOf('fixed', 'exponential'),
  maxDelay: durationOption,
  jitter: boolean,
};

export const queueName = line(limits.queueNameLength);
export const jobId = line(limits.jobIdLength);

const commonChecks: Checks<Omit<JobOptions, 'delay' | 'runAt'>> = {
  name: line(limits.jobNameLength),
  description: text(limits.descriptionLength),
  queue: queueName,
  priority: integer(),
  maxAttempts: integer(1),
  timeout: (value, name) => {
    if (value !== false) positiveDuration(value, name);
  },
  retryDelay: durationOption,
  retry: nested(retryChecks),
};

export const jobChecks: Checks<JobOptions> = {
  ...commonChecks,
  delay: durationOption,
  runAt: instant,
};

export const taskChecks: Checks<TaskOptions & { params?: Schema }> = {
  ...commonChecks,
  params: schemaOption,
  isolation: oneOf('inline'),
};

/** Checks the options of one job. */
export function checkJobOptions(options: unknown, where: string): asserts options is JobOptions {
  checkOptions(jobChecks, options, where);
  checkPairs(options, where);
}

/** Checks what no check of a single option sees. */
export function checkPairs(options: object, where: string): void {
  refuseBoth(options, ['retry', 'retryDelay'], where);
  refuseBoth(options, ['delay', 'runAt'], where);
}

/** A job without what makes it one of its kind. */
export type JobDraft = Omit<NewJob, 'id' | 'params'>;

/** The job of a task about which nothing was said. */
export function plainDraft(task: string): JobDraft {
  return {
    task,
    queue: defaults.queue,
    name: task,
    description: '',
    priority: defaults.priority,
    maxAttempts: defaults.maxAttempts,
    timeout: defaults.timeout,
    retry: null,
    due: null,
  };
}

/** The draft with what the options say; they were checked before. */
export function draftWith(base: JobDraft, options: JobOptions): JobDraft {
  return {
    task: base.task,
    queue: options.queue ?? base.queue,
    name: options.name ?? base.name,
    description: options.description ?? base.description,
    priority: options.priority ?? base.priority,
    maxAttempts: options.maxAttempts ?? base.maxAttempts,
    timeout: options.timeout === undefined ? base.timeout : options.timeout || null,
    retry: saysRetry(options) ? retryOf(options) : base.retry,
    due: dueOf(options),
  };
}

function saysRetry({ retry, retryDelay }: JobOptions): boolean {
  return retry !== undefined || retryDelay !== undefined;
}

/** As it was written; null if it says no more than the default does. */
function retryOf({ retry, retryDelay }: JobOptions): StoredRetryPolicy | null {
  const { delay = retryDelay, backoff, maxDelay, jitter } = retry ?? {};
  if (delay === undefined || durationMs(delay, 'retry.delay') === 0) return null;
  return {
    delay,
    ...(backoff !== undefined && { backoff }),
    ...(maxDelay !== undefined && { maxDelay }),
    ...(jitter !== undefined && { jitter }),
  };
}

function dueOf({ delay, runAt }: JobOptions): Due | null {
  if (runAt !== undefined) return { atMs: runAt.getTime() };
  if (delay === undefined) return null;
  const afterMs = durationMs(delay, 'delay');
  return afterMs > 0 ? { afterMs } : null;
}

/** A job as the store takes it. `params` is JSON text. */
export function newJob(draft: JobDraft, id: string, params: string): NewJob {
  return {
    id,
    task: draft.task,
    queue: draft.queue,
    name: draft.name,
    description: draft.description,
    params,
    priority: draft.priority,
    maxAttempts: draft.maxAttempts,
    timeout: draft.timeout,
    retry: draft.retry,
    due: draft.due,
  };
}
