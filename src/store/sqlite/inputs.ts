/** What a running job is given by its parents. */
import type { ClaimedJob, Inputs, Lease } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import type { NoInputs } from '../store.ts';
import type { Context } from './context.ts';
import { toParentEnding } from '../rows.ts';

/** The sizes first: what is too large is not read at all. */
export function inputs({ connection }: Context, { seq, token }: Lease): Inputs | NoInputs {
  const size = connection.get('inputsSize', { seq, token });
  if (size === undefined || size['passResults'] === null) return 'lost';
  if (Number(size['unfinished']) > 0) return 'unfinished';
  const maxBytes = limits.resolvedParamsBytes;
  if (Number(size['bytes']) > maxBytes) return 'too_large';
  const all = Number(size['passResults']);
  const rows = connection.all('inputs', { seq, all, maxBytes });
  return { passResults: all === 1, parents: rows.map(toParentEnding) };
}

/** What a claim brings along at most: it holds the write lock, and may be one of a thousand jobs. */
const few = { parents: 16, bytes: 16_384 };

/** The job with its inputs, if they are few: it can begin at once then. Its parents have ended, or it would be blocked. */
export function withFewInputs(context: Context, job: ClaimedJob, all: number): ClaimedJob {
  if (job.inputs !== 'ask' || job.dependencies.length > few.parents) return job;
  const { seq } = job.lease;
  const rows = context.connection.all('inputs', { seq, all, maxBytes: few.bytes });
  const bytes = rows.reduce((sum, row) => sum + Number(row['bytes']), 0);
  if (bytes > few.bytes) return job;
  return { ...job, inputs: { passResults: all === 1, parents: rows.map(toParentEnding) } };
}
