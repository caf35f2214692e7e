/** What a running job is given by its parents. */
import type { ClaimedJob, Inputs, Lease } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import { type HeldRow, type Row, toParentEnding } from '../rows.ts';
import type { NoInputs } from '../store.ts';
import type { Context } from './context.ts';

/** The sizes first: what is too large is not read at all. */
export async function inputs(
  { connection }: Context,
  { seq, token }: Lease,
): Promise<Inputs | NoInputs> {
  const size = await connection.get('inputsSize', { seq, token });
  if (size === undefined) return 'lost';
  if (Number(size['unfinished']) > 0) return 'unfinished';
  const maxBytes = limits.resolvedParamsBytes;
  if (Number(size['bytes']) > maxBytes) return 'too_large';
  const all = Number(size['passResults']);
  const rows = await connection.all('inputs', { seq, all, maxBytes });
  return { passResults: all === 1, parents: rows.map(toParentEnding) };
}

/** What a claim brings along at most: others wait for its locks, and it may be one of a thousand jobs. */
export const few = { fewParents: 16, fewBytes: 16_384 };

/** As a claim reads it: the inputs as JSON, where they are of few parents. */
export interface ClaimedRow extends HeldRow {
  readonly workflowId: string | null;
  readonly inputs?: string | null;
}

/** The job with its inputs, if they are few: it can begin at once then. Its parents have ended, or it would be blocked. */
export function withFewInputs(job: ClaimedJob, row: ClaimedRow): ClaimedJob {
  if (typeof row.inputs !== 'string') return job;
  const read = JSON.parse(row.inputs) as readonly Row[];
  const bytes = read.reduce((sum, each) => sum + Number(each['bytes']), 0);
  if (bytes > few.fewBytes) return job;
  return {
    ...job,
    inputs: { passResults: row.passResults === 1, parents: read.map(toParentEnding) },
  };
}
