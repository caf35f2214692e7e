/** The history of a job: each run has one record, of its own or on the job's row (see executions.sql). */
import type { ExecutionRecord } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import { toExecution } from '../rows.ts';
import type { Context } from './context.ts';

/** The last ones, oldest first, one in progress included. */
export async function lastExecutions(
  { connection }: Context,
  seq: number,
): Promise<readonly ExecutionRecord[]> {
  const rows = await connection.all('executions', { seq, limit: limits.executionsShown });
  return rows.map(toExecution).toReversed();
}
