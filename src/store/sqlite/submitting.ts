/** Storing jobs, and what they wait for. All that can be refused is found before anything is written. */
import type { NewJob, NewWorkflow } from '../../core/job.ts';
import { bearingOf } from '../../core/workflow.ts';
import type { Submitting } from '../store.ts';
import { parentMissing, parentsOf, refuseTooMany, waitsForOthers } from '../submission.ts';
import type { Context } from './context.ts';
import { type Dependent, ended, takeDown } from './dependents.ts';
import { type Batch, insertAll, type Known, type Reply } from './inserting.ts';

export function submitting(context: Context): Submitting {
  return {
    enqueue: (jobs) => store(context, jobs, null),
    enqueueWorkflow: ({ workflow, jobs }) => store(context, jobs, workflow),
  };
}

function store(
  context: Context,
  jobs: readonly NewJob[],
  workflow: NewWorkflow | null,
): readonly Reply[] {
  refuseTooMany(jobs.length);
  const known = storedParents(context, jobs);
  const batch: Batch = {
    context,
    now: context.clock.wall(),
    workflow: workflow === null ? null : context.workflows.add(workflow),
    known,
  };
  const replies = insertAll(batch, jobs);
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
