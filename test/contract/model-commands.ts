// What a model-based run does to a store and to the model: workers and their runs here, submitting jobs and looking
// after them in model-graphs.ts.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../dist/core/decide.js';
import type { NewJob, Settlement } from '../../dist/core/job.js';
import { lost, newWorker, type Seam, slots } from '../helpers/store-seam.ts';
import { assertInputs } from './model-checks.ts';
import type { Model } from './model.ts';
import {
  outcome,
  type OutcomeName,
  outcomes,
  pick,
  place,
  tasks,
  worker,
  workers,
} from './model-drawn.ts';
import {
  bringBack,
  cancel,
  cancelWorkflow,
  enqueue,
  enqueueWorkflow,
  prune,
  requeue,
  requeueWorkflow,
} from './model-graphs.ts';
import type { Run } from './model-job.ts';
import { parentIds } from './model-parents.ts';
import { type Command, command, type Real } from './model-step.ts';

/** Workers come first: without them there is not much to see. */
export async function begin(model: Model, { seam }: Real): Promise<void> {
  for (const instance of workers) {
    model.register(instance);
    await seam.call('register', newWorker(instance));
  }
}

// ── what is done ────────────────────────────────────────────────────────────────────────────────

const register = command('register', worker, (instance) => async (model, { seam }) => {
  const key = await seam.call('register', newWorker(instance));
  assert.deepEqual(key, { instance, epoch: model.register(instance) });
});

const request = fc.record({
  instance: worker,
  tasks: fc.oneof(
    { weight: 3, arbitrary: fc.constant(tasks) },
    fc.subarray(tasks, { minLength: 1 }),
  ),
  queues: fc.constantFrom<readonly string[] | null>(null, null, null, ['x'], ['y'], []),
  free: fc.integer({ min: 1, max: 4 }),
  apart: fc.constantFrom([], [], tasks, ['one']),
  oneSuspect: fc.boolean(),
});

interface Wanted {
  readonly instance: string;
  readonly tasks: readonly string[];
  readonly queues: readonly string[] | null;
  readonly free: number;
  readonly apart: readonly string[];
  readonly oneSuspect: boolean;
}

async function assertClaimed(model: Model, seam: Seam, wanted: Wanted): Promise<void> {
  const { instance, free, apart, oneSuspect } = wanted;
  const life = model.lifeOf(instance)!;
  const key = { instance, epoch: life.epoch };
  const inQueue = (given: NewJob): boolean => wanted.queues?.includes(given.queue) ?? true;
  const wants = (given: NewJob): boolean => inQueue(given) && wanted.tasks.includes(given.task);
  const reply = await seam.call('claim', { ...wanted, worker: key, slots: slots(free) });
  assert.equal(reply.fenced, life.isOver);
  if (life.isOver) return;
  const taken = model.claim(life, { wants, apart, oneSuspect, slots: free });
  assert.deepEqual(
    reply.jobs.map(({ id, ...rest }) => [
      [id, rest.workflow, rest.dependencies],
      [rest.attempts, rest.number],
      [rest.crashes, rest.expiries, rest.suspect],
    ]),
    taken.map(({ given, workflow, attempts, number, record }) => [
      [given.id, workflow, parentIds(given)],
      [attempts, number],
      [record.crashes, record.expiries, record.suspect],
    ]),
  );
  for (const [index, each] of taken.entries()) {
    model.runs.push({ job: each, number: each.number, claimed: reply.jobs[index]! });
  }
  if (taken.length < free) assert.equal(reply.nextDueMs, model.nextDueMs());
}

const claim = command(
  'claim',
  request,
  (drawn) =>
    (model, { seam }) =>
      assertClaimed(model, seam, drawn),
);

const endings = fc.array(fc.tuple(place, outcome), { minLength: 1, maxLength: 3 });
type DrawnEndings = readonly (readonly [number, OutcomeName])[];

interface Ending {
  readonly run: Run;
  readonly settlement: Settlement;
}

function chosenFrom(
  runs: readonly Run[],
  drawn: readonly (readonly [number, OutcomeName])[],
): Ending[] {
  return drawn.flatMap(([at, name]) => {
    const run = pick(runs, at);
    return run === undefined ? [] : [{ run, settlement: decide(run.claimed, outcomes[name], 0) }];
  });
}

async function assertSettled(model: Model, seam: Seam, chosen: readonly Ending[]): Promise<void> {
  const replies = await seam.call(
    'settle',
    chosen.map(({ settlement }) => settlement),
  );
  assert.deepEqual(
    replies,
    chosen.map(({ run, settlement }) => model.settle(run, settlement)),
  );
}

/** Runs of all times are drawn from: most of the leases are lost by then. */
const settle = command('settle', endings, (drawn) => async (model, { seam }) => {
  await assertSettled(model, seam, chosenFrom(model.runs, drawn));
});

async function assertFinished(model: Model, seam: Seam, drawn: DrawnEndings): Promise<void> {
  const current = model.runs.filter((run) => model.isCurrent(run));
  await assertSettled(model, seam, chosenFrom(current, drawn));
}

/** Runs whose leases still hold. */
const finish = command(
  'finish',
  endings,
  (drawn) =>
    (model, { seam }) =>
      assertFinished(model, seam, drawn),
);

/** Takes what is ready, whatever it is, and ends some of what runs, so that jobs get anywhere. */
const work = command(
  'work',
  fc.tuple(worker, endings),
  ([instance, drawn]) =>
    async (model, { seam }) => {
      await assertClaimed(model, seam, {
        ...{ instance, tasks, queues: null, free: 4 },
        ...{ apart: [], oneSuspect: true },
      });
      await assertFinished(model, seam, drawn);
    },
);

const progress = command('progress', place, (at) => async (model, { seam }) => {
  const run = pick(model.runs, at);
  if (run === undefined) return;
  const report = { done: 1, total: null, message: null };
  const replies = await seam.call('progress', [{ lease: run.claimed.lease, progress: report }]);
  assert.deepEqual(replies, [model.isCurrent(run)]);
});

/** Runs of all times; those that go on are asked for after every command. */
const inputs = command('inputs', place, (at) => async (model, { seam }) => {
  const run = pick(model.runs, at);
  if (run !== undefined) await assertInputs(model, seam, [run]);
});

const tick = command('tick', fc.integer({ min: 1, max: 2500 }), (ms) => async (model, { seam }) => {
  await seam.clock.advance(ms);
  model.now += ms;
});

const renew = command('renew', worker, (instance) => async (model, { seam }) => {
  const life = model.lifeOf(instance)!;
  const beat = { instance, epoch: life.epoch, stopping: false };
  if (!life.isOver) life.beat += 1;
  assert.equal(await seam.call('renew', beat), !life.isOver);
});

/** A worker, in this life or an earlier one, is seen to stand still, and its jobs are taken. */
const crash = command(
  'crash',
  fc.tuple(worker, place),
  ([instance, at]) =>
    async (model, { seam }) => {
      const life = pick(model.lives.get(instance) ?? [], at);
      if (life === undefined) return;
      const held = model.heldBy(life);
      const jobs = await seam.call('expired', { instance, epoch: life.epoch, beat: life.beat });
      assert.deepEqual(
        jobs.map(({ id: name }) => name),
        held.map(({ given }) => given.id),
      );
      life.isOver = true;
      const settlements = jobs.map((each) => decide(each, lost, 0));
      const expected = held.map((each, index) =>
        model.settle({ job: each, number: each.number }, settlements[index]!),
      );
      assert.deepEqual(await seam.call('settle', settlements), expected);
    },
);

/** Somebody saw a worker before its last beats: too late. */
const sightedTooEarly = command(
  'sightedTooEarly',
  worker,
  (instance) =>
    async (model, { seam }) => {
      const life = model.lifeOf(instance)!;
      const sighting = { instance, epoch: life.epoch, beat: life.beat - 1 };
      assert.deepEqual(await seam.call('expired', sighting), []);
    },
);

const reopen = command('reopen', fc.constant(null), () => async (_, real) => {
  if (real.reopen !== null) real.seam = await real.reopen();
});

/** The more often a command is named, the more often it is drawn. */
export const commands: fc.Arbitrary<Command>[] = [
  ...[enqueue, enqueue, enqueue, enqueueWorkflow, enqueueWorkflow, enqueueWorkflow],
  ...[work, work, work, work, work, work],
  ...[claim, claim, finish, settle, inputs],
  ...[tick, tick, tick],
  ...[cancel, cancel, cancelWorkflow],
  ...[requeue, bringBack, bringBack, requeueWorkflow, requeueWorkflow],
  ...[prune, prune],
  register,
  progress,
  renew,
  crash,
  sightedTooEarly,
  reopen,
];
