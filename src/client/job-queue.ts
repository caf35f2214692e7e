/** The client: everything that a program does with jobs but run them. */
import type { Duration } from '../core/duration.ts';
import { durationMs } from '../core/duration.ts';
import { JobNotFoundError } from '../core/errors.ts';
import type { JobRecord } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import { statuses } from '../core/state.ts';
import { openStore } from '../store/open.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { ListRequest, PruneRequest } from '../store/store.ts';
import { Connection } from './connection.ts';
import { databaseName } from './database-name.ts';
import { checkBatch, enqueue } from './enqueue.ts';
import { type JobHandle, StoredJob } from './handle.ts';
import {
  type JobDetails,
  type JobInfo,
  parseStored,
  toExecution,
  toJobInfo,
  toWorkerInfo,
  type WorkerInfo,
} from './job-info.ts';
import { queueName } from './job-options.ts';
import type { JobStatus } from './job-status.ts';
import { type Job, recordOf } from './job.ts';
import { defaultLogger, type Logger, withFields } from './logger.ts';
import { trackOpen, untrackOpen } from './open-things.ts';
import {
  boolean,
  type Check,
  checkOptions,
  type Checks,
  durationOption,
  instant,
  integer,
  listOf,
  logger,
  oneOf,
  refusal,
} from './options.ts';

/**
 * How to open a database.
 *
 * @example
 * const options: JobQueueOptions = { initialize: false };
 */
export interface JobQueueOptions {
  /** Whether to create the file and its tables if they are missing; default true. */
  initialize?: boolean;
  /** 'full', the default: an acknowledged job survives power loss. */
  durability?: 'full';
  /** Whether to do without a thread of its own, for programs that end soon; default false. */
  inPlace?: boolean;
  /** Default: nothing is logged unless `setupLogging` is called. */
  logger?: Logger;
}

/**
 * Which jobs to list.
 *
 * @example
 * const filter: JobFilter = { status: ['failed', 'timeout'], task: 'send-email', limit: 20 };
 */
export interface JobFilter {
  status?: JobStatus | readonly JobStatus[];
  task?: string;
  queue?: string;
  /** The label of a worker or of one of its slots. */
  workerId?: string;
  /** How many at most, 1 to 1,000; default 100. */
  limit?: number;
  /** The id of the last job of the page before; it must be there still. */
  before?: string;
}

const queueChecks: Checks<JobQueueOptions> = {
  initialize: boolean,
  durability: oneOf('full'),
  inPlace: boolean,
  logger,
};

const anyString: Check = (value, name) => {
  if (typeof value !== 'string') throw refusal(name, 'a string', value);
};
const oneStatus = oneOf(...statuses);

const filterChecks: Checks<JobFilter> = {
  status: (value, name) => (Array.isArray(value) ? listOf(oneStatus) : oneStatus)(value, name),
  task: anyString,
  queue: queueName,
  workerId: anyString,
  limit: integer(1, limits.pageSizeMax),
  before: anyString,
};

const clearChecks: Checks<{ before?: Date | Duration }> = {
  before: (value, name) => (value instanceof Date ? instant : durationOption)(value, name),
};

let connectionIn: (queue: JobQueue) => Connection | undefined;

/**
 * Jobs in a database: submits, looks at, cancels and requeues them.
 *
 * What one caller writes, its next read sees, awaited or not (with a schema that validates asynchronously: once
 * awaited). An open queue does not keep the process alive; a call in progress does. Every method rejects with
 * `queue_closed` after `close()`, and with a `database_…` code if the database cannot be used.
 *
 * @example
 * await using queue = new JobQueue('jobs.db');
 * const handle = await greet.submit(queue, { name: 'Ada' });
 * console.log(await handle.result());
 */
export class JobQueue implements AsyncDisposable {
  readonly #connection: Connection;

  static {
    connectionIn = (queue) => (#connection in queue ? queue.#connection : undefined);
  }

  /**
   * Opens nothing yet: the first call does.
   *
   * @param database The path of a file, relative to the working directory of now, or ':memory:', which is private to
   * this queue. Default: the environment's GIGQ_DB, else GIGQ_DB_PATH, else 'gigq.db'.
   * @throws {GigqError} `invalid_option`
   */
  constructor(database?: string, options: JobQueueOptions = {}) {
    checkOptions(queueChecks, options, 'JobQueue');
    const { initialize = true, inPlace = false } = options;
    const store = openStore(databaseName(database), { initialize, inPlace });
    this.#connection = new Connection(store, withFields(options.logger ?? defaultLogger, {}));
    trackOpen(this, 'queue');
  }

  /**
   * Stores a job; resolves when it is safe. The same Job again, or another with the same id,
   * changes nothing and resolves to a handle on the one that is stored.
   *
   * @throws {GigqError} `not_json`, `too_large` or `params_invalid` for its params
   * @example
   * const { id } = await queue.submit(new Job({ task: 'greet', params: { name: 'Bob' } }));
   */
  async submit<R>(job: Job<R>): Promise<JobHandle<R>>;
  async submit<R>(job: Job<R>, options: object = {}): Promise<JobHandle<R>> {
    checkOptions({}, options, 'submit()');
    await enqueue(this.#connection, [recordOf(job)]);
    return new StoredJob(job.id, this.#connection);
  }

  /**
   * Stores up to 50,000 jobs in one transaction: all or none. The handles have the order of the jobs.
   *
   * @throws {GigqError} `too_large` if they are more, and what `submit` throws
   * @example
   * await queue.submitMany(urls.map((url) => new Job({ task: 'fetch-page', params: { url } })));
   */
  async submitMany(jobs: readonly Job[]): Promise<JobHandle<unknown>[]>;
  async submitMany(jobs: readonly Job[], options: object = {}): Promise<JobHandle<unknown>[]> {
    checkOptions({}, options, 'submitMany()');
    checkBatch(jobs, 'submitMany()');
    await enqueue(
      this.#connection,
      jobs.map((job, place) => recordOf(job, `jobs[${place}].params`)),
    );
    return jobs.map((job) => new StoredJob(job.id, this.#connection));
  }

  /**
   * A handle on a job that was submitted before, in whatever process. Asks the database nothing.
   *
   * @throws {GigqError} `invalid_option` if the id is no string
   * @example
   * const text = await queue.get(id).result({ timeout: '10s' });
   */
  get(id: string): JobHandle<unknown> {
    checkId(id);
    return new StoredJob(id, this.#connection);
  }

  /**
   * The whole record of a job with its last 100 executions; undefined if there is no such job.
   *
   * @example
   * const info = await queue.getStatus(id);
   * console.log(info?.status, info?.attempts, info?.executions.at(-1)?.error?.message);
   */
  async getStatus(id: string): Promise<JobDetails | undefined> {
    checkId(id);
    const [record, history] = await Promise.all([
      this.#connection.call('get', id),
      this.#connection.call('executions', id),
    ]);
    if (record === null) return undefined;
    const executions = history.executions.map(toExecution);
    return { ...toJobInfo(record), executions, executionCount: history.count };
  }

  /**
   * The result of a completed job; undefined while it has not completed, also if it never will.
   *
   * @throws {JobNotFoundError}
   * @example
   * const text = await queue.getResult<string>(id);
   */
  async getResult<R = unknown>(id: string): Promise<R | undefined> {
    checkId(id);
    const [outcome] = await this.#connection.call('outcomes', [id]);
    if (outcome === null || outcome === undefined) throw new JobNotFoundError(id);
    if (outcome === 'unfinished' || outcome.status !== 'completed') return undefined;
    return parseStored(outcome.result ?? 'null') as R;
  }

  /**
   * Jobs, the latest submitted first, a page at a time.
   *
   * @throws {GigqError} `invalid_option`
   * @throws {JobNotFoundError} if the job that `before` names is gone
   * @example
   * for (const info of await queue.listJobs({ status: 'running' })) console.log(info.workerId, info.name);
   */
  async listJobs(filter: JobFilter = {}): Promise<JobInfo[]> {
    checkOptions(filterChecks, filter, 'listJobs()');
    const request = requestOf(filter);
    if (request.statuses?.length === 0) return [];
    const records = await this.#connection.hold((store) => list(store, request));
    return records.map(toJobInfo);
  }

  /**
   * How many jobs there are in every state, and in all.
   *
   * @example
   * const { pending, total } = await queue.stats();
   */
  async stats(): Promise<Readonly<Record<JobStatus | 'total', number>>> {
    const counts = await this.#connection.call('counts', null);
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return { ...counts, total };
  }

  /**
   * Cancels a job that has not ended; one that runs is told by its signal. False if it had ended or there is none.
   *
   * @example
   * if (!(await queue.cancel(id))) console.log('too late');
   */
  async cancel(id: string): Promise<boolean> {
    checkId(id);
    const [isCancelled = false] = await this.#connection.call('cancel', [id]);
    return isCancelled;
  }

  /**
   * Runs a failed, timed-out or cancelled job again, with all its attempts; its executions are kept. False for any
   * other job.
   *
   * @example
   * for (const { id } of await queue.listJobs({ status: 'failed' })) await queue.requeueJob(id);
   */
  async requeueJob(id: string): Promise<boolean> {
    checkId(id);
    const [isRequeued = false] = await this.#connection.call('requeue', [id]);
    return isRequeued;
  }

  /**
   * Removes completed and cancelled jobs with their executions, and tells how many they were; failed and timed-out
   * jobs are kept. Works in small steps, so that others are not kept waiting.
   *
   * @param options `before`: only jobs that ended before that date, or longer ago than that; default: all.
   * @throws {GigqError} `invalid_option`, `invalid_duration`
   * @example
   * const removed = await queue.clearCompleted({ before: '7d' });
   */
  async clearCompleted(options: { before?: Date | Duration } = {}): Promise<number> {
    checkOptions(clearChecks, options, 'clearCompleted()');
    const before = limitOf(options.before);
    return this.#connection.hold((store) => clear(store, before));
  }

  /**
   * The workers of this database, those that were lost lately included.
   *
   * @example
   * for (const { id, host, running } of await queue.workers()) console.log(id, host, running);
   */
  async workers(): Promise<WorkerInfo[]> {
    return (await this.#connection.call('workers', null)).map(toWorkerInfo);
  }

  /** Lets the calls in progress end, ends all waiting for results, and leaves the database; may be called again. */
  async close(): Promise<void> {
    untrackOpen(this);
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** @throws {GigqError} `invalid_option` if it is no JobQueue */
export function connectionOf(queue: JobQueue): Connection {
  const isObject = typeof queue === 'object' && queue !== null;
  const connection = isObject ? connectionIn(queue) : undefined;
  if (connection === undefined) throw refusal('queue', 'a JobQueue', queue);
  return connection;
}

/** The caller of the store that the queue is; a worker makes a sibling of it. */
export function storeOf(queue: JobQueue): StoreHandle {
  return connectionOf(queue).store;
}

export function loggerOf(queue: JobQueue): Logger {
  return connectionOf(queue).logger;
}

function checkId(id: unknown): void {
  anyString(id, 'id');
}

function requestOf(filter: JobFilter): ListRequest {
  const { status, task = null, queue = null, workerId = null, before } = filter;
  return {
    statuses: status === undefined ? null : [status].flat(),
    task,
    queue,
    worker: workerId,
    limit: filter.limit ?? limits.pageSize,
    before: before === undefined ? null : { id: before },
  };
}

async function list(store: StoreHandle, request: ListRequest): Promise<JobRecord[]> {
  const jobs: JobRecord[] = [];
  let { before } = request;
  do {
    const page = await store.call('list', {
      ...request,
      before,
      limit: request.limit - jobs.length,
    });
    jobs.push(...page.jobs);
    before = page.next === null ? null : { seq: page.next };
  } while (before !== null && jobs.length < request.limit);
  return jobs;
}

function limitOf(before: Date | Duration | undefined): PruneRequest['before'] {
  if (before === undefined) return null;
  return before instanceof Date
    ? { atMs: before.getTime() }
    : { agoMs: durationMs(before, 'before') };
}

async function clear(store: StoreHandle, before: PruneRequest['before']): Promise<number> {
  let removed = 0;
  let after: number | null = null;
  do {
    const chunk: { removed: number; next: number | null } = await store.call('prune', {
      before,
      after,
    });
    removed += chunk.removed;
    after = chunk.next;
  } while (after !== null);
  return removed;
}
