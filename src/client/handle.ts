/** A job that was submitted, seen from the program that holds on to it. */
import type { Duration } from '../core/duration.ts';
import {
  fromPlainError,
  JobCancelledError,
  JobFailedError,
  JobNotFoundError,
} from '../core/errors.ts';
import type { FinalOutcome, JobError } from '../core/job.ts';
import { isOfParent } from '../core/workflow.ts';
import type { Connection } from './connection.ts';
import { parseStored } from './job-info.ts';
import type { JobStatus } from './job-status.ts';
import type { Stored } from './json-types.ts';
import { checkOptions } from './options.ts';
import { waitChecks } from './wait-limit.ts';

/**
 * Holds on to a job of a queue. `R` is what the handler returns; `S`, what is read back of it, follows from that.
 *
 * @example
 * const handle = await greet.submit(queue, { name: 'Ada' });
 * console.log(await handle.result({ timeout: '1m' }));
 */
export interface JobHandle<R, S = Stored<R>> {
  readonly id: string;
  /** The id. */
  toString(): string;
  /**
   * Where the job stands.
   * @throws {JobNotFoundError}
   */
  status(): Promise<JobStatus>;
  /**
   * Resolves with the result once the job has completed, also in another process; until then it keeps this process
   * alive.
   *
   * @param options `timeout`: how long to wait, default for ever, '0s' asks once; `signal`: ends the waiting by its
   * own reason.
   * @throws {JobFailedError} if it failed or timed out for good
   * @throws {JobCancelledError}
   * @throws {JobNotFoundError}
   * @throws {WaitTimeoutError} The job goes on.
   */
  result(options?: { timeout?: Duration; signal?: AbortSignal }): Promise<S>;
  /** Cancels the job, a running one too; false if it had ended already or there is none. */
  cancel(): Promise<boolean>;
}

export class StoredJob<R> implements JobHandle<R> {
  readonly id: string;
  readonly #connection: Connection;

  constructor(id: string, connection: Connection) {
    this.id = id;
    this.#connection = connection;
  }

  toString(): string {
    return this.id;
  }

  async status(): Promise<JobStatus> {
    const record = await this.#connection.call('get', this.id);
    if (record === null) throw new JobNotFoundError(this.id);
    return record.status;
  }

  async result(options: { timeout?: Duration; signal?: AbortSignal } = {}): Promise<Stored<R>> {
    checkOptions(waitChecks, options, 'result()');
    return resultOf(await this.#connection.outcome(this.id, options), this.id) as Stored<R>;
  }

  async cancel(): Promise<boolean> {
    const [isCancelled = false] = await this.#connection.call('cancel', [this.id]);
    return isCancelled;
  }
}

/** Of a job that a parent took down; one that was cancelled by hand may still hold the error of an earlier attempt. */
function reasonOf(error: JobError | null): string | undefined {
  return isOfParent(error) ? error?.message : undefined;
}

function hintOf(error: JobError | null): { readonly hint?: string } {
  return isOfParent(error)
    ? { hint: 'Requeue where it began, which why() tells: that brings back what it took down.' }
    : {};
}

function resultOf({ status, result, error }: FinalOutcome, id: string): unknown {
  const details = error === null ? {} : { cause: fromPlainError(error) };
  switch (status) {
    case 'completed':
      return parseStored(result ?? 'null');
    case 'cancelled':
      throw new JobCancelledError(id, reasonOf(error), { ...details, ...hintOf(error) });
    case 'failed':
    case 'timeout':
      throw new JobFailedError(id, error?.message ?? status, details);
  }
}
