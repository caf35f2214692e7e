// Every state and every command, against the table in core/state.ts: what the table has happens, what it has not
// changes nothing.
import assert from 'node:assert/strict';
import { decide, type Outcome } from '../../dist/core/decide.js';
import {
  allows,
  type Command,
  isFinal,
  type JobStatus,
  sourcesOf,
  statuses,
  transitions,
} from '../../dist/core/state.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import {
  completed,
  failed,
  failedForGood,
  lost,
  newJob,
  postponed,
  released,
  type Seam,
  type SeamWorker,
  timedOut,
} from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

/** A job brought into a state, and whoever ran it last. */
interface Scene {
  readonly seam: Seam;
  readonly worker: SeamWorker;
  readonly lastRun: ClaimedJob | undefined;
}

const aLongWhile = 60_000;

/** How to bring a job into each state. A blocked job cannot be made yet: nothing has dependents. */
const ways: Readonly<
  Record<Exclude<JobStatus, 'blocked'>, (scene: Scene) => Promise<ClaimedJob | undefined>>
> = {
  pending: async ({ seam }) => {
    await seam.enqueue(newJob('a', { maxAttempts: 1 }));
    return undefined;
  },
  scheduled: async ({ seam }) => {
    await seam.enqueue(newJob('a', { maxAttempts: 1, due: { afterMs: aLongWhile } }));
    return undefined;
  },
  running: async ({ seam, worker }) => {
    await seam.enqueue(newJob('a', { maxAttempts: 1 }));
    return worker.takeOne();
  },
  completed: (scene) => ended(scene, completed),
  failed: (scene) => ended(scene, failed),
  timeout: (scene) => ended(scene, timedOut),
  cancelled: async (scene) => {
    const job = await ways.running(scene);
    await scene.seam.call('cancel', ['a']);
    return job;
  },
};

async function ended(scene: Scene, outcome: Outcome): Promise<ClaimedJob | undefined> {
  const job = await ways.running(scene);
  if (job !== undefined) await scene.worker.end(job, outcome);
  return job;
}

/** A lease that is good for nobody, for a job that never ran. */
const noLease = { lease: { seq: 1, lane: 1, token: 1 }, attempts: 1, maxAttempts: 1, retry: null };

/** Another ending than the one that was recorded, so that it is no settlement sent twice. */
function settle({ worker, lastRun }: Scene, outcome: Outcome = lost): Promise<readonly string[]> {
  return worker.settle(decide(lastRun ?? noLease, outcome, 0));
}

interface Attempted {
  readonly act: (scene: Scene) => Promise<unknown>;
  /** What the store answers when it refuses. */
  readonly refusal: unknown;
}

const commands: Readonly<Record<Command, Attempted>> = {
  promote: {
    act: async ({ seam, worker }) => {
      await seam.clock.advance(aLongWhile);
      return (await worker.claim({ tasks: ['another'] })).jobs;
    },
    refusal: [],
  },
  claim: { act: async ({ worker }) => (await worker.claim()).jobs, refusal: [] },
  settle: { act: settle, refusal: ['lost'] },
  cancel: { act: ({ seam }) => seam.call('cancel', ['a']), refusal: [false] },
  requeue: { act: ({ seam }) => seam.call('requeue', ['a']), refusal: [false] },
  prune: {
    act: ({ seam }) => seam.call('prune', { before: null, after: null }),
    refusal: { removed: 0, next: null },
  },
};

async function setUp(seam: Seam, state: Exclude<JobStatus, 'blocked'>): Promise<Scene> {
  const scene = { seam, worker: await seam.worker(), lastRun: undefined };
  const lastRun = await ways[state](scene);
  assert.equal(await seam.statusOf('a'), state);
  return { ...scene, lastRun };
}

async function stateOf(seam: Seam): Promise<string> {
  return (await seam.call('get', 'a'))?.status ?? 'removed';
}

/** Each ending of an execution that `decide` knows, and the state to which it leads. */
const settlements: Readonly<Record<string, Outcome>> = {
  completed,
  failed: failedForGood,
  timeout: timedOut,
  scheduled: postponed(5000),
  pending: released,
};

const reachable = Object.keys(ways) as Exclude<JobStatus, 'blocked'>[];

export const matrix: Suite = (holds) => {
  for (const command of Object.keys(commands) as Command[]) {
    for (const state of reachable) {
      const targets = transitions[command][state];
      if (targets === undefined) holdsRefused(holds, command, state);
      else if (command !== 'settle') holdsDone(holds, command, state);
    }
  }

  for (const target of transitions.settle.running ?? []) {
    holds(`settle of a running job can make it ${target}`, async (seam) => {
      const scene = await setUp(seam, 'running');
      const outcome = settlements[target];
      assert.ok(outcome, `nothing leads to ${target}`);
      assert.deepEqual(await settle(scene, outcome), ['settled']);
      assert.equal(await stateOf(seam), target);
      assert.deepEqual(await seam.counted(), { [target]: 1 });
    });
  }

  holds('the matrix has every state but blocked, and every command', async () => {
    assert.deepEqual([...reachable, 'blocked'].toSorted(), [...statuses].toSorted());
    assert.deepEqual(Object.keys(commands).toSorted(), Object.keys(transitions).toSorted());
    const known = Object.keys(settlements).toSorted();
    assert.deepEqual([...(transitions.settle.running ?? [])].toSorted(), known);
    assert.ok(sourcesOf('settle').every((state) => !isFinal(state)));
    return Promise.resolve();
  });
};

function holdsDone(
  holds: Parameters<Suite>[0],
  command: Command,
  state: Exclude<JobStatus, 'blocked'>,
): void {
  holds(`${command} of a ${state} job does what the table says`, async (seam) => {
    const scene = await setUp(seam, state);
    await seam.clock.advance(1);
    await commands[command].act(scene);
    const after = await stateOf(seam);
    assert.ok(allows(command, state, after as JobStatus | 'removed'), `it is ${after}`);
    assert.deepEqual(await seam.counted(), after === 'removed' ? {} : { [after]: 1 });
  });
}

function holdsRefused(
  holds: Parameters<Suite>[0],
  command: Command,
  state: Exclude<JobStatus, 'blocked'>,
): void {
  holds(`${command} of a ${state} job is refused and changes nothing`, async (seam) => {
    const scene = await setUp(seam, state);
    const before = await seam.everything();
    await seam.clock.advance(1);
    assert.deepEqual(await commands[command].act(scene), commands[command].refusal);
    assert.deepEqual(await seam.everything(), before);
  });
}
