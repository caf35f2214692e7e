/** The options of a job and of a task: their types, their checks, and what they mean for the job that is stored. */
import type { Duration } from '../core/duration.ts';
import { durationMs } from '../core/duration.ts';
import type {
  Due,
  NewJob,
  Parents,
  Reference,
  RetryPolicy as StoredRetryPolicy,
} from '../core/job.ts';
import { defaults, limits } from '../core/limits.ts';
import { onParentFailure, type OnParentFailure } from '../core/state.ts';
import {
  boolean,
  checkOptions,
  type Checks,
  durationOption,
  instant,
  integer,
  line,
  listOf,
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
  /** The ids of the jobs that it waits for; they are stored already, or submitted with it. */
  dependencies?: readonly string[];
  /**
   * What happens when a parent ends as failed, timed out or cancelled: 'cancel', the default, ends this job as well;
   * 'run' runs it once all parents have ended, however; 'wait' leaves it blocked until the parent was requeued.
   */
  onParentFailure?: 'cancel' | 'wait' | 'run';
  /**
   * Whether the handler finds its parents' results in `context.parentResults`; default: true when the job has parents
   * but no result references. Params and results together are at most 16 MiB.
   */
  passParentResults?: boolean;
}

/**
 * The defaults of a task's jobs, and how its handler runs.
 *
 * @example
 * const options: TaskOptions = { maxAttempts: 5, timeout: '30s', retryDelay: '10s' };
 */
export interface TaskOptions extends Omit<JobOptions, 'delay' | 'runAt' | 'dependencies'> {
  /**
   * Where the handler runs. 'inline', the default: on the worker's event loop. 'thread': its JavaScript can be stopped,
   * endless loops included; a native call in progress cannot. 'process': it can be stopped for certain, with all that it
   * started. The task has to come from a module. Isolation is for reliability; it is no sandbox.
   */
  isolation?: 'inline' | 'thread' | 'process';
  /**
   * How many MiB it may take, at least 16: of the JavaScript heap in a thread, of all memory in a process. A handler that
   * takes more is ended, which counts as a crash. Default: what Node allows.
   */
  memoryLimitMb?: number;
}

const memoryMinMb = 16;

const retryChecks: Checks<RetryPolicy> = {
  delay: durationOption,
  backoff: oneOf('fixed', 'exponential'),
  maxDelay: durationOption,
  jitter: boolean,
};

export const queueName = line(limits.queueNameLength);
export const jobId = line(limits.jobIdLength);

const commonChecks: Checks<Omit<TaskOptions, 'isolation' | 'memoryLimitMb'>> = {
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
  onParentFailure: oneOf(...onParentFailure),
  passParentResults: boolean,
};

export const jobChecks: Checks<JobOptions> = {
  ...commonChecks,
  delay: durationOption,
  runAt: instant,
  dependencies: listOf(jobId),
};

export const taskChecks: Checks<TaskOptions & { params?: Schema }> = {
  ...commonChecks,
  params: schemaOption,
  isolation: oneOf('inline', 'thread', 'process'),
  memoryLimitMb: integer(memoryMinMb),
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
export interface JobDraft extends Omit<NewJob, 'id' | 'params' | 'parents'> {
  readonly dependencies: readonly string[];
  readonly onParentFailure: OnParentFailure;
  readonly passParentResults: boolean | undefined;
}

const none: readonly string[] = [];

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
    dependencies: none,
    onParentFailure: defaults.onParentFailure,
    passParentResults: undefined,
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
    dependencies: options.dependencies ?? none,
    onParentFailure: options.onParentFailure ?? base.onParentFailure,
    passParentResults: options.passParentResults ?? base.passParentResults,
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

/** References to the results of parents, by the parent's id. */
export type References = ReadonlyMap<string, readonly Reference[]>;

const noReferences: References = new Map();

/** What the job waits for: its dependencies in their order, then what only its references name. */
function parentsOf(draft: JobDraft, references: References): Parents | null {
  const ids = new Set([...draft.dependencies, ...references.keys()]);
  if (ids.size === 0) return null;
  return {
    list: [...ids].map((id) => ({ id, references: references.get(id) ?? [] })),
    onFailure: draft.onParentFailure,
    passResults: draft.passParentResults ?? references.size === 0,
  };
}

/** A job as the store takes it. `params` is JSON text, with null where a reference goes. */
export function newJob(
  draft: JobDraft,
  id: string,
  params: string,
  references = noReferences,
): NewJob {
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
    parents:
      draft.dependencies === none && references === noReferences
        ? null
        : parentsOf(draft, references),
  };
}
