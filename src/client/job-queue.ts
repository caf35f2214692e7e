/** The client: everything that a program does with jobs but run them. */
import { JobNotFoundError } from '../core/errors.ts';
import { type Durability, durabilities } from '../core/limits.ts';
import type { Reason } from '../core/reason.ts';
import { type Lender, openStore, openWithin } from '../store/open.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { clear, type ClearOptions, limitOf } from './clearing.ts';
import { Connection } from './connection.ts';
import { databaseName } from './database-name.ts';
import { checkBatch, enqueue } from './enqueue.ts';
import { type JobHandle, StoredJob } from './handle.ts';
import { type JobDetails, type JobInfo, parseStored, toExecution, toJobInfo } from './job-info.ts';
import type { JobStatus } from './job-status.ts';
import { type Job, recordOf } from './job.ts';
import {
  anyString,
  type JobFilter,
  list,
  listRequest,
  type WorkflowFilter,
  workflowsRequest,
} from './listing.ts';
import { defaultLogger, type Logger, withFields } from './logger.ts';
import { trackOpen, untrackOpen } from './open-things.ts';
import { boolean, checkOptions, type Checks, line, logger, oneOf, refusal } from './options.ts';
import { type SubmitOptions, submitChecks } from './transaction.ts';
import { why } from './why.ts';
import { toWorkerInfos, type WorkerInfo } from './worker-info.ts';
import {
  StoredWorkflow,
  toWorkflowInfo,
  type WorkflowHandle,
  type WorkflowInfo,
  withTotal,
} from './workflow-handle.ts';

/**
 * How to open a database.
 *
 * @example
 * const options: JobQueueOptions = { initialize: false };
 */
export interface JobQueueOptions {
  /** Whether to create the file, or the schema, and its tables if they are missing; default true. */
  initialize?: boolean;
  /**
   * 'full', the default: what is acknowledged survives power loss. 'relaxed': after power loss the last moments may be
   * missing, but the database is never corrupt; the end of a process loses nothing. It holds for what goes through this queue
   * and the workers that are given it.
   */
  durability?: Durability;
  /** Whether to do without a thread of its own, for programs that end soon; default false. */
  inPlace?: boolean;
  /**
   * The schema of a PostgreSQL database in which the jobs are; also `?schema=` in the address, over which this wins. It is
   * gigq's own. Default 'gigq'.
   */
  schema?: string;
  /** Default: nothing is logged unless `setupLogging` is called. */
  logger?: Logger;
}

/** Of a name in PostgreSQL. */
const schemaLength = 63;

const queueChecks: Checks<JobQueueOptions> = {
  initialize: boolean,
  durability: oneOf(...durabilities),
  inPlace: boolean,
  schema: line(schemaLength),
  logger,
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
   * @param database The path of a file, relative to the working directory of now; the address of a PostgreSQL database
   * (`postgres://…`; the package `pg` has to be installed); or ':memory:', which is private to this queue. Default: the environment's GIGQ_DB, else GIGQ_DB_PATH, else 'gigq.db'.
   * @throws {GigqError} `invalid_option`
   */
  constructor(database?: string, options: JobQueueOptions = {}) {
    checkOptions(queueChecks, options, 'JobQueue');
    const { initialize = true, inPlace = false, durability = 'full' } = options;
    const how = { initialize, inPlace, durability };
    const name = databaseName(database, options.schema);
    const lend = (tx: object): Lender => openWithin(name, tx, how);
    const ownLogger = withFields(options.logger ?? defaultLogger, {});
    this.#connection = new Connection(openStore(name, how), ownLogger, lend);
    trackOpen(this, 'queue');
  }

  /**
   * Stores a job; resolves when it is safe. The same Job again, or another with the same id,
   * changes nothing and resolves to a handle on the one that is stored.
   *
   * @throws {GigqError} `not_json`, `too_large` or `params_invalid` for its params; for a `tx` that cannot be used
   * `invalid_option`, `sqlite_second_library` or `database_busy`
   * @example
   * const { id } = await queue.submit(new Job({ task: 'greet', params: { name: 'Bob' } }));
   */
  async submit<R>(job: Job<R>, options: SubmitOptions = {}): Promise<JobHandle<R>> {
    checkOptions(submitChecks, options, 'submit()');
    await enqueue(this.#connection, [recordOf(job)], options);
    return new StoredJob(job.id, this.#connection);
  }

  /**
   * Stores up to 50,000 jobs in one transaction: all or none. The handles have the order of the jobs.
   *
   * @throws {GigqError} `too_large` if they are more, and what `submit` throws
   * @example
   * await queue.submitMany(urls.map((url) => new Job({ task: 'fetch-page', params: { url } })));
   */
  async submitMany(
    jobs: readonly Job[],
    options: SubmitOptions = {},
  ): Promise<JobHandle<unknown>[]> {
    checkOptions(submitChecks, options, 'submitMany()');
    checkBatch(jobs, 'submitMany()');
    const records = jobs.map((job, place) => recordOf(job, `jobs[${place}].params`));
    await enqueue(this.#connection, records, options);
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
    const request = listRequest(filter);
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
    return withTotal(await this.#connection.call('counts', null));
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
   * Runs a failed, timed-out or cancelled job again, with all its attempts, and the dependents that it took down; its
   * executions are kept. False for any other job, and for one that a parent took down: requeue that parent.
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
   * jobs are kept, and so are jobs that a dependent may still need. Works in small steps, so that others are not kept waiting.
   *
   * @param options `before`: only jobs that ended before that date, or longer ago than that; default: all.
   * @throws {GigqError} `invalid_option`, `invalid_duration`
   * @example
   * const removed = await queue.clearCompleted({ before: '7d' });
   */
  async clearCompleted(options: ClearOptions = {}): Promise<number> {
    const before = limitOf(options);
    return this.#connection.hold((store) => clear(store, before));
  }

  /**
   * The workers of this database with what each runs, in the order in which they came; those that were lost lately included.
   *
   * @example
   * for (const { id, jobs } of await queue.workers()) console.log(id, jobs.map(({ name }) => name));
   */
  async workers(): Promise<WorkerInfo[]> {
    const [workers, running] = await Promise.all([
      this.#connection.call('workers', null),
      this.#connection.call('running', null),
    ]);
    return toWorkerInfos(workers, running);
  }

  /**
   * Why a job does not run, or how it ended, in terms that a person can act on: the first reason is the nearest.
   *
   * @throws {JobNotFoundError}
   * @example
   * for (const { message } of (await queue.why(id)).reasons) console.log(message);
   */
  async why(
    id: string,
  ): Promise<{ readonly status: JobStatus; readonly reasons: readonly Reason[] }> {
    checkId(id);
    return this.#connection.hold((store) => why(store, id));
  }

  /**
   * A handle on a workflow that was submitted before, in whatever process. Asks the database nothing.
   *
   * @throws {GigqError} `invalid_option` if the id is no string
   * @example
   * const { status, jobs } = await queue.getWorkflow(id).status();
   */
  getWorkflow(id: string): WorkflowHandle {
    checkId(id);
    return new StoredWorkflow(id, this.#connection, []);
  }

  /**
   * Workflows, the latest submitted first, a page at a time.
   *
   * @throws {GigqError} `invalid_option`; `job_not_found` if the workflow that `before` names is gone
   * @example
   * for (const { name, jobs } of await queue.listWorkflows({ status: 'failed' })) console.log(name, jobs.failed);
   */
  async listWorkflows(filter: WorkflowFilter = {}): Promise<WorkflowInfo[]> {
    const request = workflowsRequest(filter);
    return (await this.#connection.call('workflows', request)).map(toWorkflowInfo);
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
