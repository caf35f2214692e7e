/** Storing jobs, and what they wait for. All that can be refused is found before anything is written. */
import type { NewJob, NewWorkflow } from '../../core/job.ts';
import type { JobStatus } from '../../core/state.ts';
import { bearingOf } from '../../core/workflow.ts';
import { stretches } from '../batching.ts';
import {
  hasInputs,
  holdingUp,
  isAlike,
  parentMissing,
  parentsOf,
  refuseTooMany,
  waitsForOthers,
} from '../submission.ts';
import { type Asynchronous, type Context, dueColumns, move } from './context.ts';
import { type Dependent, ended, takeDown } from './dependents.ts';
import { Passing } from './postgres-error.ts';

export function submitting(context: Context): Asynchronous<'enqueue' | 'enqueueWorkflow'> {
  return {
    enqueue: (jobs) => store(context, jobs, null),
    enqueueWorkflow: ({ workflow, jobs }) => store(context, jobs, workflow),
  };
}

interface Known {
  readonly seq: number;
  readonly id: string;
  readonly status: JobStatus;
}

/** Jobs that are stored together, and the stored ones that they wait for. */
interface Batch {
  readonly context: Context;
  readonly workflow: number | null;
  readonly known: ReadonlyMap<string, Known>;
}

async function store(
  context: Context,
  jobs: readonly NewJob[],
  workflow: NewWorkflow | null,
): Promise<readonly ('stored' | 'duplicate')[]> {
  refuseTooMany(jobs.length);
  const known = await storedParents(context, jobs);
  const seq = workflow === null ? null : await context.workflows.add(workflow);
  if (jobs.length === 0) return [];
  const batch: Batch = { context, workflow: seq, known };
  if (areAlike(jobs)) return storeAllAlike(batch, jobs);
  const stored = await insert(batch, jobs);
  const isNew = newcomers(jobs, stored);
  const waiting = jobs.filter((job, place) => job.parents !== null && isNew[place]);
  if (waiting.length > 0) await link(batch, waiting, stored);
  return isNew.map((each) => (each ? 'stored' : 'duplicate'));
}

/** Which jobs were stored: of those with one id the first, if it was not there before. */
function newcomers(
  jobs: readonly NewJob[],
  stored: Pick<ReadonlySet<string>, 'has'>,
): readonly boolean[] {
  const seen = new Set<string>();
  return jobs.map(({ id }) => {
    const isFirst = !seen.has(id);
    seen.add(id);
    return isFirst && stored.has(id);
  });
}

// ── what the jobs wait for ──────────────────────────────────────────────────────────────────────

/**
 * The parents that are stored already.
 * @throws {GigqError} `parent_missing` for one that is neither stored nor among the jobs; `invalid_option`
 */
async function storedParents(
  context: Context,
  jobs: readonly NewJob[],
): Promise<ReadonlyMap<string, Known>> {
  const waiting = jobs.filter(({ parents }) => parents !== null);
  if (waiting.length === 0) return new Map();
  const stored = await parentsOfStored(context, waiting);
  const fresh = waiting.filter(({ id }) => !stored.has(id));
  const ids = new Set(fresh.flatMap(parentsOf).map(({ id }) => id));
  const rows = await context.connection.all('lockParents', { ids: [...ids] });
  const known = new Map((rows as unknown as readonly Known[]).map((row) => [row.id, row]));
  const together = new Set(jobs.map(({ id }) => id));
  for (const job of waiting) {
    const before = stored.get(job.id);
    if (before !== undefined) refuseOthers(job, before);
    else refuseMissing(job, (id) => known.has(id) || together.has(id));
  }
  return known;
}

/** The parents of those that are stored already, by the jobs' ids; they may have been cleared since. */
async function parentsOfStored(
  { connection }: Context,
  jobs: readonly NewJob[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await connection.all('stored', { ids: jobs.map(({ id }) => id) });
  if (rows.length === 0) return new Map();
  const edges = await connection.all('edges', { children: rows.map(({ seq }) => Number(seq)) });
  const parents = Map.groupBy(edges, ({ child }) => child);
  return new Map(
    rows.map(({ id, seq }) => [
      String(id),
      (parents.get(seq) ?? []).map((edge) => String(edge['id'])),
    ]),
  );
}

/** @throws {GigqError} `invalid_option` for a stored job that is given other parents: that is a mistake */
function refuseOthers(job: NewJob, stored: readonly string[]): void {
  const given = parentsOf(job);
  const isSame = stored.length === given.length && given.every(({ id }, at) => id === stored[at]);
  if (!isSame) throw waitsForOthers(job);
}

function refuseMissing(job: NewJob, isThere: (id: string) => boolean): void {
  for (const { id } of parentsOf(job)) if (!isThere(id)) throw parentMissing(job, id);
}

// ── writing many that are alike ─────────────────────────────────────────────────────────────────

function areAlike(jobs: readonly NewJob[]): boolean {
  const [pattern] = jobs as readonly [NewJob];
  return jobs.every((job) => isAlike(job, pattern));
}

async function storeAllAlike(
  batch: Batch,
  jobs: readonly NewJob[],
): Promise<readonly ('stored' | 'duplicate')[]> {
  const replies: ('stored' | 'duplicate')[] = [];
  for (const stretch of stretches(jobs))
    for (const reply of await storeAlike(batch, stretch)) replies.push(reply);
  return replies;
}

async function storeAlike(
  { context, workflow }: Batch,
  jobs: readonly NewJob[],
): Promise<readonly ('stored' | 'duplicate')[]> {
  const { queue, task, name, description, priority, maxAttempts, timeout } = jobs[0] as NewJob;
  const [lane = 0] = await context.lanes.idsOf([{ queue, task, suspect: 0 }]);
  const alike = { lane, name, description, priority, maxAttempts, timeout, workflow };
  const ids = jobs.map(({ id }) => id);
  const params = jobs.map((job) => job.params);
  const written = context.connection.get('enqueueAlike', { ...alike, ids, params });
  context.sent([]);
  const row = await written;
  const stored = Number(row?.['stored']);
  for (let n = 0; n < stored; n += 1) move(context, { workflow }, null, 'pending');
  if (stored > 0) context.done.work = true;
  if (stored === jobs.length) return jobs.map(() => 'stored');
  const isNew = newcomers(jobs, new Set(JSON.parse(String(row?.['ids'])) as readonly string[]));
  return isNew.map((each) => (each ? 'stored' : 'duplicate'));
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────

/** The jobs that were stored, by their ids. */
async function insert(batch: Batch, jobs: readonly NewJob[]): Promise<ReadonlyMap<string, Known>> {
  const stored = new Map<string, Known>();
  for (const stretch of stretches(jobs))
    for (const row of await insertSome(batch, stretch)) stored.set(row.id, row);
  return stored;
}

async function insertSome(batch: Batch, jobs: readonly NewJob[]): Promise<readonly Known[]> {
  const { context, workflow } = batch;
  const lanes = await context.lanes.idsOf(
    jobs.map(({ queue, task }) => ({ queue, task, suspect: 0 })),
  );
  const values = { ...columnsOf(batch, jobs), lanes, workflow };
  const written = context.connection.all('enqueue', values);
  context.sent([]);
  const rows = (await written) as unknown as readonly Known[];
  for (const { status } of rows) move(context, { workflow }, null, status);
  if (rows.length > 0) context.done.work = true;
  return rows;
}

function columnsOf(batch: Batch, jobs: readonly NewJob[]) {
  return {
    ids: jobs.map(({ id }) => id),
    names: jobs.map(({ name }) => name),
    descriptions: jobs.map(({ description }) => description),
    params: jobs.map(({ params }) => params),
    priorities: jobs.map(({ priority }) => priority),
    maxAttempts: jobs.map(({ maxAttempts }) => maxAttempts),
    timeouts: jobs.map(({ timeout }) => timeout),
    retries: jobs.map(({ retry }) => (retry === null ? null : JSON.stringify(retry))),
    ...dueColumns(jobs.map(({ due }) => due)),
    parents: jobs.map((job) => parentsOf(job).length),
    waitingFor: jobs.map((job) => holdingUp(batch.known, job)),
    policies: jobs.map(({ parents }) => parents?.onFailure ?? null),
    passResults: jobs.map(({ parents }) => Number(parents?.passResults ?? false)),
    hasInputs: jobs.map((job) => Number(hasInputs(job))),
  };
}

/** Writes the edges; ends the jobs whose parents have ended badly already. */
async function link(
  batch: Batch,
  jobs: readonly NewJob[],
  stored: ReadonlyMap<string, Known>,
): Promise<void> {
  const { context } = batch;
  const seqOf = (id: string): number => {
    const row = batch.known.get(id) ?? stored.get(id);
    // Somebody else stored it between our look and our write: nobody has locked it, so it has to be looked at again.
    if (row === undefined) throw new Passing('locked', new Error(`Job ${id} was stored meanwhile`));
    return row.seq;
  };
  await addEdges(context, jobs, seqOf);
  const down = jobs.flatMap((job) => againstWhat(batch, job, seqOf(job.id)) ?? []);
  await takeDown(context, down);
  await ended(
    context,
    down.map(({ seq }) => seq),
  );
}

async function addEdges(
  { connection }: Context,
  jobs: readonly NewJob[],
  seqOf: (id: string) => number,
): Promise<void> {
  const edges = jobs.flatMap((job) =>
    parentsOf(job).map((parent, place) => ({ ...parent, child: seqOf(job.id), place })),
  );
  await connection.all('addEdges', {
    children: edges.map(({ child }) => child),
    places: edges.map(({ place }) => place),
    parents: edges.map(({ id }) => seqOf(id)),
    parentIds: edges.map(({ id }) => id),
    refs: edges.map(({ references }) =>
      references.length === 0 ? null : JSON.stringify(references),
    ),
  });
}

/** The job beside the parent that takes it down, if one does. */
function againstWhat({ known, workflow }: Batch, job: NewJob, seq: number): Dependent | undefined {
  const policy = job.parents?.onFailure ?? 'wait';
  for (const { id } of parentsOf(job)) {
    const parent = known.get(id);
    if (parent === undefined || bearingOf(parent.status, policy) !== 'takes down') continue;
    const edge = { parent: parent.seq, parentId: id, parentStatus: parent.status };
    return { seq, workflow, status: 'blocked', policy, takenDownBy: null, ...edge };
  }
  return undefined;
}
