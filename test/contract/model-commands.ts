// What a model-based run does to a store and to the model, and what has to be true after each step.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../dist/core/decide.js';
import type { NewJob } from '../../dist/core/job.js';
import { allows, isFinal, statuses } from '../../dist/core/state.js';
import {
  completed,
  failed,
  failedForGood,
  lost,
  newJob,
  newWorker,
  postponed,
  released,
  type Seam,
  slots,
  timedOut,
} from '../helpers/store-seam.ts';
import type { Life, Model, Run } from './model.ts';

export interface Real {
  seam: Seam;
  readonly reopen: (() => Promise<Seam>) | null;
  /** The state in which each job was last seen. */
  seen: Map<string, string>;
}

type Step = (model: Model, real: Real) => Promise<void>;

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #text: string;
  readonly #step: Step;

  constructor(text: string, step: Step) {
    this.#text = text;
    this.#step = step;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.#step(model, real);
    await assertAlike(model, real);
  }

  toString(): string {
    return this.#text;
  }
}

/** A kind of command, from what it draws: its text is its name and what was drawn. */
function command<T>(
  name: string,
  drawn: fc.Arbitrary<T>,
  step: (input: T) => Step,
): fc.Arbitrary<Command> {
  return drawn.map((input) => new Command(`${name}(${JSON.stringify(input)})`, step(input)));
}

// ── what is drawn ───────────────────────────────────────────────────────────────────────────────

const tasks = ['one', 'two'];
const queues = ['x', 'y'];
const id = fc.integer({ min: 0, max: 11 }).map((number) => `job-${number}`);
const ids = fc.array(id, { minLength: 1, maxLength: 3 });
const workers = ['w1', 'w2'];
const worker = fc.constantFrom(...workers);
const place = fc.nat(1000);

const job: fc.Arbitrary<NewJob> = fc
  .record({
    task: fc.constantFrom(...tasks),
    queue: fc.constantFrom(...queues),
    priority: fc.integer({ min: -1, max: 1 }),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
    retry: fc.constantFrom(null, { delay: '1s' }, { delay: '1s', backoff: 'exponential' as const }),
    due: fc.constantFrom(null, null, null, { afterMs: 0 }, { afterMs: 700 }, { afterMs: 4000 }),
  })
  .chain((properties) => id.map((name) => newJob(name, properties)));

const outcomes = {
  completed,
  failed,
  failedForGood,
  timedOut,
  released,
  lost,
  postponed: postponed(900),
};
const outcome = fc.constantFrom(...(Object.keys(outcomes) as (keyof typeof outcomes)[]));

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(1, items.length)];
}

/** Workers come first: without them there is not much to see. */
export async function begin(model: Model, { seam }: Real): Promise<void> {
  for (const instance of workers) {
    model.register(instance);
    await seam.call('register', newWorker(instance));
  }
}

// ── what is done ────────────────────────────────────────────────────────────────────────────────

const enqueue = command(
  'enqueue',
  fc.array(job, { minLength: 1, maxLength: 4 }),
  (jobs) =>
    async (model, { seam }) => {
      assert.deepEqual(
        await seam.enqueue(...jobs),
        jobs.map((each) => model.enqueue(each)),
      );
    },
);

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
});

const claim = command('claim', request, (drawn) => async (model, { seam }) => {
  const { instance, free } = drawn;
  const life = model.lifeOf(instance)!;
  const key = { instance, epoch: life.epoch };
  const inQueue = (given: NewJob): boolean => drawn.queues?.includes(given.queue) ?? true;
  const wants = (given: NewJob): boolean => inQueue(given) && drawn.tasks.includes(given.task);
  const reply = await seam.call('claim', { ...drawn, worker: key, slots: slots(free) });
  assert.equal(reply.fenced, life.isOver);
  if (life.isOver) return;
  const taken = model.claim(life, wants, free);
  const shown = reply.jobs.map(({ id: name, attempts, number }) => [name, attempts, number]);
  assert.deepEqual(
    shown,
    taken.map(({ given, attempts, number }) => [given.id, attempts, number]),
  );
  for (const [index, each] of taken.entries()) {
    model.runs.push({ job: each, number: each.number, claimed: reply.jobs[index]! });
  }
  if (taken.length < free) assert.equal(reply.nextDueMs, model.nextDueMs());
});

const endings = fc.array(fc.tuple(place, outcome), { minLength: 1, maxLength: 3 });

/** Runs of all times are drawn from: most of the leases are lost by then. */
const settle = command('settle', endings, (drawn) => async (model, { seam }) => {
  const chosen = drawn.flatMap(([at, kind]) => {
    const run = pick(model.runs, at);
    return run === undefined ? [] : [{ run, settlement: decide(run.claimed, outcomes[kind], 0) }];
  });
  const replies = await seam.call(
    'settle',
    chosen.map(({ settlement }) => settlement),
  );
  assert.deepEqual(
    replies,
    chosen.map(({ run, settlement }) => model.settle(run, settlement)),
  );
});

/** Runs whose leases still hold, so that jobs get anywhere. */
const finish = command(
  'finish',
  fc.tuple(place, outcome),
  ([at, kind]) =>
    async (model, { seam }) => {
      const run = pick(
        model.runs.filter((each) => model.isCurrent(each)),
        at,
      );
      if (run === undefined) return;
      const settlement = decide(run.claimed, outcomes[kind], 0);
      assert.equal(model.settle(run, settlement), 'settled');
      assert.deepEqual(await seam.call('settle', [settlement]), ['settled']);
    },
);

const progress = command('progress', place, (at) => async (model, { seam }) => {
  const run = pick(model.runs, at);
  if (run === undefined) return;
  const report = { done: 1, total: null, message: null };
  const replies = await seam.call('progress', [{ lease: run.claimed.lease, progress: report }]);
  assert.deepEqual(replies, [model.isCurrent(run)]);
});

const cancel = command('cancel', ids, (names) => async (model, { seam }) => {
  assert.deepEqual(
    await seam.call('cancel', names),
    names.map((name) => model.cancel(name)),
  );
});

const requeue = command('requeue', ids, (names) => async (model, real) => {
  const expected = names.map((name) => model.requeue(name));
  assert.deepEqual(await real.seam.call('requeue', names), expected);
  for (const name of names) real.seen.delete(name);
});

const prune = command(
  'prune',
  fc.constantFrom(null, 0, 500, 3000),
  (agoMs) =>
    async (model, { seam }) => {
      const before = agoMs === null ? null : { agoMs };
      const removed = model.prune(agoMs === null ? Infinity : model.now - agoMs);
      assert.deepEqual(await seam.call('prune', { before, after: null }), { removed, next: null });
    },
);

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
        model.settle(runOf(model, each), settlements[index]!),
      );
      assert.deepEqual(await seam.call('settle', settlements), expected);
    },
);

function runOf(model: Model, held: Run['job']): Run {
  return model.runs.find(({ job: each, number }) => each === held && number === held.number)!;
}

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
  ...[enqueue, enqueue, enqueue],
  ...[claim, claim, claim, claim],
  ...[finish, finish, finish],
  ...[settle, settle],
  ...[tick, tick],
  ...[requeue, requeue],
  register,
  progress,
  cancel,
  prune,
  renew,
  crash,
  sightedTooEarly,
  reopen,
];

// ── what holds after each ───────────────────────────────────────────────────────────────────────

async function assertAlike(model: Model, real: Real): Promise<void> {
  const { seam } = real;
  const stored = (await seam.everyJob()).toReversed();
  const rows = stored.map(({ id: name, status, attempts, runAtMs, completedAtMs }) => [
    name,
    status,
    attempts,
    runAtMs,
    completedAtMs,
  ]);
  const expected = model.jobs.map(({ given, status, attempts, runAt, endedAt }) => [
    given.id,
    status,
    attempts,
    runAt,
    endedAt,
  ]);
  assert.deepEqual(rows, expected, 'every job is as it should be, and none is missing');
  assertFinalStays(real, stored);
  await assertCounted(seam, stored);
}

/** What is final leaves its state only by a requeue, which forgets that it was seen, or with the job. */
function assertFinalStays(real: Real, stored: readonly { id: string; status: string }[]): void {
  for (const { id: name, status } of stored) {
    const before = real.seen.get(name) as (typeof statuses)[number] | undefined;
    const isPruned = before !== undefined && allows('prune', before);
    if (before !== undefined && isFinal(before) && !isPruned) assert.equal(status, before, name);
  }
  real.seen = new Map(stored.map(({ id: name, status }) => [name, status]));
}

async function assertCounted(seam: Seam, stored: readonly { status: string }[]): Promise<void> {
  const counts: Record<string, number> = await seam.call('counts', null);
  for (const status of statuses) {
    const recount = stored.filter((each) => each.status === status).length;
    assert.equal(counts[status], recount, `${status} jobs are counted right`);
  }
  const lives = await seam.call('workers', null);
  const held = lives.reduce((sum, { running }) => sum + running, 0);
  assert.equal(held, counts['running'], 'every running job has a worker');
}

/** At the end: every run was recorded, in order and without gaps, and each ended once. */
export async function assertRecorded(model: Model, { seam }: Real): Promise<void> {
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
    const expected = running.map((each) => runOf(known.model, each).claimed.lease);
    assert.deepEqual(leases, expected);
  }
}
