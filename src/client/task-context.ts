/** What a handler is told beside its params. */
import type { Logger } from './logger.ts';

/**
 * What a handler is told beside its params.
 *
 * @example
 * task('resize', async ({ files }: { files: string[] }, { signal, log, progress }) => {
 *   for (const [index, file] of files.entries()) {
 *     signal.throwIfAborted();
 *     log.info({ file }, 'resizing');
 *     progress(index + 1, files.length);
 *   }
 * });
 */
export interface TaskContext {
  readonly job: {
    readonly id: string;
    readonly name: string;
    readonly task: string;
    readonly queue: string;
    /** Which attempt this is: 1, 2, … up to `maxAttempts`. */
    readonly attempt: number;
    readonly maxAttempts: number;
    readonly createdAt: Date;
    /** Null: the job belongs to no workflow. */
    readonly workflowId: string | null;
  };
  /** The label of the worker's slot that runs it. */
  readonly workerId: string;
  /**
   * Aborts on time-out, cancel, shutdown past its deadline and a lost lease; `signal.reason.code` is 'timeout',
   * 'cancelled', 'shutdown' or 'lease_lost'.
   */
  readonly signal: AbortSignal;
  /** The worker's logger, with the job's id, task and attempt in every entry. */
  readonly log: Logger;
  /**
   * The result of each parent by its id, in the order of the dependencies (but JavaScript puts ids that are whole numbers
   * first); null for one that did not complete. Empty
   * unless the job has parents and their results are passed (`passParentResults`).
   */
  readonly parentResults: Readonly<Record<string, unknown>>;
  /** Tells how far the job is; it can be seen while the job runs. */
  progress(done: number, total?: number, message?: string): void;
}
