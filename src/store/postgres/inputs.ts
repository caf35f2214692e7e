/** What a running job is given by its parents. */
import type { ClaimedJob, Inputs, Lease } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import { type Row, toParentEnding } from '../rows.ts';
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
  const rows = await connection.all('inputs', { seqs: [seq], alls: [all], maxBytes });
  return { passResults: all === 1, parents: rows.map(toParentEnding) };
}

/** What a claim brings along at most: others wait for its locks, and it may be one of a thousand jobs. */
const few = { parents: 16, bytes: 16_384 };

/** Jobs with their inputs where these are few: they can begin at once then. Their parents have ended, or they would be blocked. */
export async function withFewInputs(
  { connection }: Context,
  jobs: readonly ClaimedJob[],
  alls: ReadonlyMap<number, number>,
): Promise<readonly ClaimedJob[]> {
  const asking = jobs.filter(mayHaveFew);
  if (asking.length === 0) return jobs;
  const seqs = asking.map(({ lease }) => lease.seq);
  const wanted = { seqs, alls: seqs.map((seq) => alls.get(seq) ?? 0), maxBytes: few.bytes };
  const rows = Map.groupBy(await connection.all('inputs', wanted), ({ child }) => Number(child));
  return jobs.map((job) => {
    const { seq } = job.lease;
    const own = rows.get(seq) ?? [];
    if (!mayHaveFew(job) || bytesOf(own) > few.bytes) return job;
    const parents = own.map(toParentEnding);
    return { ...job, inputs: { passResults: alls.get(seq) === 1, parents } };
  });
}

function mayHaveFew(job: ClaimedJob): boolean {
  return job.inputs === 'ask' && job.dependencies.length <= few.parents;
}

function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
}
