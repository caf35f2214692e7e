/** The states of a job as the public interface names them. */
import type { JobStatus as Status } from '../core/state.ts';

/**
 * The states of a job. `blocked` waits for parents; `scheduled` for its time: delayed, or between two attempts;
 * `pending` is ready to be claimed; `running` runs; `completed`, `failed`, `timeout` and `cancelled` are final.
 */
export type JobStatus = Status;

/**
 * The states of a job by name, for comparisons: `JobStatus.COMPLETED` is `'completed'`.
 *
 * @example
 * const info = await queue.getStatus(id);
 * if (info?.status === JobStatus.COMPLETED) console.log(info.result);
 */
export const JobStatus: { readonly [S in Status as Uppercase<S>]: S } = {
  BLOCKED: 'blocked',
  SCHEDULED: 'scheduled',
  PENDING: 'pending',
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  TIMEOUT: 'timeout',
  CANCELLED: 'cancelled',
};
