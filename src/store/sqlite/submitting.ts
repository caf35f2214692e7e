/** Storing jobs, and what they wait for. All that can be refused is found before anything is written. */
import type { NewJob, NewWorkflow } from '../../core/job.ts';
import { bearingOf } from '../../core/workflow.ts';
import type { Submitting } from '../store.ts';
import {
  hasInputs,
  holdingUp,
  parentMissing,
  parentsOf,
  refuseTooMany,
  waitsForOthers,
} from '../submission.ts';
import { type Context, instantOf, move } from './context.ts';
import { type Dependent, ended, takeDown } from './dependents.ts';
import type { JobRow } from '../rows.ts';

export function submitting(context: Context): Submitting {
  return {
    enqueue: (jobs) => store(context, jobs, null),
    enqueueWorkflow: ({ workflow, jobs }) => store(context, jobs, workflow),
  };
}

type Known = Pick<JobRow, 'seq' | 'status'>;

/** Jobs that are stored together, and the stored ones that they wait for. */
interface Batch {
  readonly context: Context;
  readonly now: number;
  readonly workflow: number | null;
  readonly known: ReadonlyMap<string, Known>;
}

function store(
  context: Context,
  jobs: readonly NewJob[],
  workflow: NewWorkflow | null,
): readonly ('stored' | 'duplicate')[] {
  refuseTooMany(jobs.length);
  const known = storedParents(context, jobs);
  const batch: Batch = {
    context,
    now: context.clock.wall(),
    workflow: workflow === null ? null : context.workflows.add(workflow),
    known,
  };
  const replies = jobs.map((job) => insert(batch, job));
  const waiting = jobs.filter((job, place) => job.parents !== null && replies[place] === 'stored');
  if (waiting.length > 0) link(batch, waiting);
  return replies;
}

// ── what the jobs wait for ──────────────────────────────────────────────────────────────────────

/**
 * The parents that are stored already.
 * @throws {GigqError} `parent_missing` for one that is neither stored nor among the jobs; `invalid_option`
 */
function storedParents(context: Context, jobs: readonly NewJob[]): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  const waiting = jobs.filter(({ parents }) => parents !== null);
  if (waiting.length === 0) return known;
  const together = new Set(jobs.map(({ id }) => id));
  for (const job of waiting) {
    if (isStored(context, job)) continue;
    for (const { id } of parentsOf(job)) {
      const row = known.get(id) ?? find(context, id);
      if (row !== undefined) known.set(id, row);
      else if (!together.has(id)) throw parentMissing(job, id);
    }
  }
  return known;
}

function find(context: Context, id: string): Known | undefined {
  return context.connection.get('findJob', { id }) as unknown as Known | undefined;
}

/**
 * Whether the same job is stored already; its parents may have been cleared since.
 * @throws {GigqError} `invalid_option` if it waits for others: that is a mistake
 */
function isStored(context: Context, job: NewJob): boolean {
  const row = find(context, job.id);
  if (row === undefined) return false;
  const stored = context.connection.all('edges', { child: row.seq }).map(({ id }) => id);
  const given = parentsOf(job).map(({ id }) => id);
  if (stored.length === given.length && given.every((id, place) => id === stored[place]))
    return true;
  throw waitsForOthers(job);
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────

function insert(batch: Batch, job: NewJob): 'stored' | 'duplicate' {
  const { context, now, workflow } = batch;
  const { connection, lanes, done } = context;
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
  if (stored === 0) return 'duplicate';
  move(context, { lane, workflow }, null, status);
  done.work = true;
  return 'stored';
}

/** Writes the edges; ends the jobs whose parents have ended badly already. */
function link(batch: Batch, jobs: readonly NewJob[]): void {
  const { context } = batch;
  const seqs = new Map<string, number>();
  const seqOf = (id: string): number => {
    const seq = seqs.get(id) ?? batch.known.get(id)?.seq ?? find(context, id)?.seq ?? 0;
    seqs.set(id, seq);
    return seq;
  };
  for (const job of jobs) addEdges(context, job, seqOf);
  const down = jobs.flatMap((job) => againstWhat(batch, job, seqOf(job.id)) ?? []);
  for (const dependent of down) takeDown(context, dependent);
  ended(
    context,
    down.map(({ seq }) => seq),
  );
}

function addEdges(context: Context, job: NewJob, seqOf: (id: string) => number): void {
  const child = seqOf(job.id);
  for (const [place, { id, references }] of parentsOf(job).entries()) {
    const refs = references.length === 0 ? null : JSON.stringify(references);
    context.connection.run('addEdge', { child, place, parent: seqOf(id), parentId: id, refs });
  }
}

/** The job beside the parent that takes it down, if one does. */
function againstWhat(
  { context, known, workflow }: Batch,
  job: NewJob,
  seq: number,
): Dependent | undefined {
  const policy = job.parents?.onFailure ?? 'wait';
  for (const { id } of parentsOf(job)) {
    const parent = known.get(id);
    if (parent === undefined || bearingOf(parent.status, policy) !== 'takes down') continue;
    const lane = context.lanes.idOf(job.queue, job.task);
    const edge = { parent: parent.seq, parentId: id, parentStatus: parent.status };
    return { seq, lane, workflow, status: 'blocked', policy, takenDownBy: null, ...edge };
  }
  return undefined;
}
