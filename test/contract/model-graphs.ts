// The commands of a model-based run that submit jobs and look after them: what they mean to dependents and workflows
// follows in the model.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Input } from '../../dist/store/store.js';
import type { Model } from './model.ts';
import { batch, ids, pick, place, submitted, workflow } from './model-drawn.ts';
import { endedBadly } from './model-parents.ts';
import { command, type Real } from './model-step.ts';

async function assertSubmitted(
  replies: Promise<readonly string[]>,
  expected: ReturnType<Model['enqueue']>,
): Promise<void> {
  if (typeof expected === 'string') await assert.rejects(replies, { code: expected });
  else assert.deepEqual(await replies, expected);
}

export const enqueue = command('enqueue', batch(1), (drawn) => async (model, { seam }) => {
  const jobs = submitted(model, drawn);
  await assertSubmitted(seam.enqueue(...jobs), model.enqueue(jobs));
});

const graph = fc.record({ id: workflow, name: fc.constantFrom('a', 'b'), batch: batch(0) });

export const enqueueWorkflow = command(
  'enqueueWorkflow',
  graph,
  ({ batch: drawn, ...named }) =>
    async (model, { seam }) => {
      const jobs = submitted(model, drawn);
      const replies = seam.call('enqueueWorkflow', { workflow: named, jobs });
      await assertSubmitted(replies, model.enqueue(jobs, named));
    },
);

export const cancel = command('cancel', ids, (names) => async (model, { seam }) => {
  assert.deepEqual(
    await seam.call('cancel', names),
    names.map((name) => model.cancel(name)),
  );
});

export const cancelWorkflow = command(
  'cancelWorkflow',
  workflow,
  (name) =>
    async (model, { seam }) => {
      assert.equal(await seam.call('cancelWorkflow', name), model.cancelWorkflow(name));
    },
);

async function assertRequeued(model: Model, real: Real, names: readonly string[]): Promise<void> {
  assert.deepEqual(
    await real.seam.call('requeue', names),
    names.map((name) => model.requeue(name)),
  );
  real.seen.clear();
}

export const requeue = command(
  'requeue',
  ids,
  (names) => (model, real) => assertRequeued(model, real, names),
);

/** Only what there may be a way back for. */
export const bringBack = command('bringBack', place, (at) => async (model, real) => {
  const job = pick(model.jobs.filter(endedBadly), at);
  if (job !== undefined) await assertRequeued(model, real, [job.given.id]);
});

export const requeueWorkflow = command(
  'requeueWorkflow',
  workflow,
  (name) =>
    async (model, { seam, seen }) => {
      assert.equal(await seam.call('requeueWorkflow', name), model.requeueWorkflow(name));
      seen.clear();
    },
);

type DrawnAge = null | { readonly agoMs: number } | { readonly endOf: number };

const age = fc.oneof(
  fc.constantFrom<DrawnAge>(null, { agoMs: 0 }, { agoMs: 500 }),
  fc.record({ endOf: place }),
);

/** What to ask for: with `endOf`, all that ended before one of the jobs did. */
function beforeOf(model: Model, drawn: DrawnAge): Input<'prune'>['before'] {
  if (drawn === null || 'agoMs' in drawn) return drawn;
  const instants = model.jobs.flatMap(({ endedAt }) => endedAt ?? []);
  return { atMs: pick(instants, drawn.endOf) ?? model.now };
}

export const prune = command('prune', age, (drawn) => async (model, { seam, seen }) => {
  const before = beforeOf(model, drawn);
  const removed = model.prune(before);
  assert.deepEqual(await seam.call('prune', { before, after: null }), { removed, next: null });
  seen.clear();
});
