/** The history of a job: each run has one record, of its own or on the job's row (see executions.sql). */
import type { ExecutionRecord } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import type { Context } from './context.ts';
import { toExecution } from '../rows.ts';

/** The last ones, oldest first, one in progress included. */
export function lastExecutions({ connection }: Context, seq: number): readonly ExecutionRecord[] {
  const rows = connection.all('executions', { seq, limit: limits.executionsShown });
  return rows.map(toExecution).toReversed();
}
