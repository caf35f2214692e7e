/** Writing the rows of jobs: one statement a job, or one for all that are alike. */
import type { NewJob } from '../../core/job.ts';
import type { JobStatus } from '../../core/state.ts';
import type { JobRow } from '../rows.ts';
import { weightOfJob } from '../batching.ts';
import { hasInputs, holdingUp, isAlike, parentsOf } from '../submission.ts';
import { type Context, instantOf, move } from './context.ts';

export type Known = Pick<JobRow, 'seq' | 'status'>;
export type Reply = 'stored' | 'duplicate';

/** Jobs that are stored together, and the stored ones that they wait for. */
export interface Batch {
  readonly context: Context;
  readonly now: number;
  readonly workflow: number | null;
  readonly known: ReadonlyMap<string, Known>;
}

export function insertAll(batch: Batch, jobs: readonly NewJob[]): readonly Reply[] {
  const replies: Reply[] = [];
  while (replies.length < jobs.length) {
    const first = replies.length;
    const alike = jobs.slice(first, endOfAlike(jobs, first));
    if (alike.length === 1) replies.push(insert(batch, alike[0] as NewJob));
    else for (const reply of insertAlike(batch, alike)) replies.push(reply);
  }
  return replies;
}

/** Longer params are bound as they are: as part of a JSON text they would be copied and parsed several times over. */
const shortLength = 4096;
/** What one statement takes on, by weight: some tens of milliseconds. Nothing else is done in this thread meanwhile. */
const statementWeight = 1000;

/** Where the jobs end that differ from the first in nothing but their ids and short params, or are as many as one statement takes on. */
function endOfAlike(jobs: readonly NewJob[], first: number): number {
  const pattern = jobs[first] as NewJob;
  let end = first + 1;
  if (!isShort(pattern)) return end;
  let weight = weightOfJob(pattern);
  while (end < jobs.length && isAlike(jobs[end] as NewJob, pattern) && isShort(jobs[end])) {
    weight += weightOfJob(jobs[end] as NewJob);
    if (weight > statementWeight) break;
    end += 1;
  }
  return end;
}

function isShort(job: NewJob | undefined): boolean {
  return job !== undefined && job.params.length <= shortLength;
}

function insertAlike({ context, now, workflow }: Batch, jobs: readonly NewJob[]): Reply[] {
  const { connection, lanes } = context;
  const { task, queue, name, description, priority, maxAttempts, timeout } = jobs[0] as NewJob;
  const lane = lanes.idOf(queue, task);
  const status = 'pending';
  const last = Number(connection.get('lastSeq')?.['seq']);
  const stored = connection.run('enqueueAlike', {
    jobs: JSON.stringify(jobs.map(({ id, params }) => [id, params])),
    lane,
    name,
    description,
    priority,
    status,
    maxAttempts,
    timeout,
    retry: null,
    runAt: null,
    workflow,
    now,
  });
  noteStored(context, { lane, workflow, status }, stored);
  return stored === jobs.length ? jobs.map(() => 'stored') : repliesAfter(context, jobs, last);
}

/** Which of the jobs were stored just now: those that come after the last one of before, the first of each id. */
function repliesAfter({ connection }: Context, jobs: readonly NewJob[], last: number): Reply[] {
  const seen = new Set<string>();
  return jobs.map(({ id }) => {
    const seq = Number(connection.get('findJob', { id })?.['seq']);
    const isNew = seq > last && !seen.has(id);
    seen.add(id);
    return isNew ? 'stored' : 'duplicate';
  });
}

function insert(batch: Batch, job: NewJob): Reply {
  const { context, now, workflow } = batch;
  const { connection, lanes } = context;
  const lane = lanes.idOf(job.queue, job.task);
  const runAt = job.due === null ? null : instantOf(job.due, now);
  const waitingFor = holdingUp(batch.known, job);
  const ready = runAt !== null && runAt > now ? 'scheduled' : 'pending';
  const status = waitingFor > 0 ? 'blocked' : ready;
  const stored = connection.run('enqueue', {
    id: job.id,
    lane,
    name: job.name,
    description: job.description,
    params: job.params,
    priority: job.priority,
    status,
    maxAttempts: job.maxAttempts,
    timeout: job.timeout,
    retry: job.retry === null ? null : JSON.stringify(job.retry),
    runAt,
    workflow,
    parents: parentsOf(job).length,
    waitingFor,
    policy: job.parents?.onFailure ?? null,
    passResults: Number(job.parents?.passResults ?? false),
    hasInputs: Number(hasInputs(job)),
    now,
  });
  noteStored(context, { lane, workflow, status }, stored);
  return stored === 0 ? 'duplicate' : 'stored';
}

/** Jobs that are stored, and counted as that. */
interface Stored {
  readonly lane: number;
  readonly workflow: number | null;
  readonly status: JobStatus;
}

function noteStored(context: Context, { status, ...member }: Stored, count: number): void {
  for (let n = 0; n < count; n += 1) move(context, member, null, status);
  if (count > 0) context.done.work = true;
}
