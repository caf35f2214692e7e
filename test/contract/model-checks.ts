// What has to be true of a store after each command of a model-based run, and at its end.
import assert from 'node:assert/strict';
import type { JobRecord } from '../../dist/core/job.js';
import { isFinal, type JobStatus, statuses } from '../../dist/core/state.js';
import type { WorkflowRecord } from '../../dist/core/workflow.js';
import type { Seam } from '../helpers/store-seam.ts';
import type { Model } from './model.ts';
import { workflows } from './model-drawn.ts';
import type { Life, ModelJob, Run } from './model-job.ts';
import { complaints, parentIds } from './model-parents.ts';

interface Known {
  readonly seam: Seam;
  readonly seen: Map<string, JobStatus>;
}

// ── after each command ──────────────────────────────────────────────────────────────────────────

export async function assertAlike(model: Model, { seam, seen }: Known): Promise<void> {
  const stored = (await seam.everyJob()).toReversed();
  assert.deepEqual(
    stored.map((record) => shownOf(record)),
    model.jobs.map((job, at) => expectedOf(job, stored[at])),
    'every job is as it should be, and none is missing',
  );
  assertFinalStays(seen, stored);
  await assertCounted(seam, stored);
  const waited = model.runs.filter((run) => model.isCurrent(run) && run.job.parents.length > 0);
  if (waited.length > 0) await assertInputs(model, seam, waited);
  for (const id of workflows) {
    assert.deepEqual(await seam.call('workflow', id), workflowOf(model, id));
  }
}

type Shown = Pick<
  JobRecord,
  'id' | 'status' | 'attempts' | 'runAtMs' | 'completedAtMs' | 'workflow' | 'dependencies'
> & { readonly error: string | undefined };

function shownOf(record: JobRecord): Shown {
  const { id, status, attempts, runAtMs, completedAtMs, workflow, dependencies, error } = record;
  const instants = { runAtMs, completedAtMs };
  return { id, status, attempts, ...instants, workflow, dependencies, error: error?.message };
}

function expectedOf(job: ModelJob, record: JobRecord | undefined): Shown {
  const { given, status, attempts, workflow } = job;
  return {
    id: given.id,
    status,
    attempts,
    runAtMs: job.runAt,
    completedAtMs: job.endedAt,
    workflow,
    dependencies: parentIds(given),
    error: job.isTakenDown ? complaintOf(job, record) : (job.error ?? undefined),
  };
}

/** The complaint that the store has, if it is one that the job may have. */
function complaintOf(job: ModelJob, record: JobRecord | undefined): string | undefined {
  const possible = complaints(job);
  return possible.find((each) => each === record?.error?.message) ?? possible[0];
}

/** What is final stays so, but for what was brought back or removed: those commands forget that it was seen. */
function assertFinalStays(seen: Map<string, JobStatus>, stored: readonly JobRecord[]): void {
  for (const { id, status } of stored) {
    const before = seen.get(id);
    if (before !== undefined && isFinal(before)) assert.equal(status, before, id);
    seen.set(id, status);
  }
}

async function assertCounted(seam: Seam, stored: readonly JobRecord[]): Promise<void> {
  const counts = await seam.call('counts', null);
  assert.deepEqual(counts, countsOf(stored), 'jobs are counted right');
  const lives = await seam.call('workers', null);
  const held = lives.reduce((sum, { running }) => sum + running, 0);
  assert.equal(held, counts.running, 'every running job has a worker');
}

function countsOf(jobs: readonly { readonly status: JobStatus }[]): Record<JobStatus, number> {
  const counts = statuses.map((status) => [status, jobs.filter((job) => job.status === status)]);
  return Object.fromEntries(counts.map(([status, found]) => [status, found?.length]));
}

/** What runs are told of the parents of their jobs. */
export async function assertInputs(model: Model, seam: Seam, runs: readonly Run[]): Promise<void> {
  const replies = await seam.call(
    'inputs',
    runs.map(({ claimed }) => claimed.lease),
  );
  const told = replies.map((reply) =>
    typeof reply === 'string' ? reply : reply.parents.map(({ id, status }) => [id, status]),
  );
  assert.deepEqual(
    told,
    runs.map((run) => model.inputs(run)),
  );
}

function workflowOf(model: Model, id: string): WorkflowRecord | null {
  const workflow = model.workflows.get(id);
  if (workflow === undefined) return null;
  const { createdAt: createdAtMs, completedAt: completedAtMs, counts: _, ...rest } = workflow;
  return { ...rest, createdAtMs, completedAtMs, jobs: countsOf(model.jobsOf(id)) };
}

// ── at the end ──────────────────────────────────────────────────────────────────────────────────

/** Every run was recorded, in order and without gaps, and each ended once. */
export async function assertRecorded(model: Model, { seam }: Known): Promise<void> {
  for (const { given, executions, number, status } of model.jobs) {
    const recorded = await seam.call('executions', given.id);
    const expected = status === 'running' ? [...executions, 'running'] : executions;
    assert.equal(recorded.count, number);
    const shown = recorded.executions.map((each) => [each.number, each.status]);
    assert.deepEqual(
      shown,
      expected.map((each, index) => [index + 1, each]),
    );
  }
  for (const [instance, lives] of model.lives) await assertHeld({ model, seam, instance, lives });
}

async function assertHeld(known: {
  readonly model: Model;
  readonly seam: Seam;
  readonly instance: string;
  readonly lives: readonly Life[];
}): Promise<void> {
  for (const life of known.lives) {
    const leases = await known.seam.call('held', { instance: known.instance, epoch: life.epoch });
    const running = life.isOver ? [] : known.model.heldBy(life);
    const expected = running.map((each) => runOf(known.model, each)?.claimed.lease);
    assert.deepEqual(leases, expected);
  }
}

/** The run in which a job is. */
function runOf(model: Model, held: ModelJob): Run | undefined {
  return model.runs.find(({ job, number }) => job === held && number === held.number);
}
