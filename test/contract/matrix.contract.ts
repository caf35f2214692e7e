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
import type { ClaimedJob, NewJob } from '../../dist/core/job.js';
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
  waitsFor,
} from '../helpers/store-seam.ts';
import { assertCounted } from '../helpers/store-parents.ts';
import type { Suite } from './contract.ts';

/** A job brought into a state, and whoever ran it last. */
interface Scene {
  readonly seam: Seam;
  readonly worker: SeamWorker;
  readonly lastRun: ClaimedJob | undefined;
}

const aLongWhile = 60_000;

/** The parent of 'a', which has ended badly unless 'a' is blocked: 'a' runs whatever happens to it. */
const parent = newJob('p', { task: 'parent', maxAttempts: 1 });
const child = newJob('a', { maxAttempts: 1, ...waitsFor(['p'], { onFailure: 'run' }) });

async function endParent({ seam }: Scene, outcome: Outcome): Promise<void> {
  const worker = await seam.worker('w2');
  const [job] = (await worker.claim({ tasks: ['parent'] })).jobs;
  if (job !== undefined) await worker.end(job, outcome);
}

async function submit(scene: Scene, properties: Partial<NewJob> = {}): Promise<void> {
  await scene.seam.enqueue(parent);
  await endParent(scene, failed);
  await scene.seam.enqueue({ ...child, ...properties });
}

/** How to bring a job into each state. */
const ways: Readonly<Record<JobStatus, (scene: Scene) => Promise<ClaimedJob | undefined>>> = {
  blocked: async ({ seam }) => {
    await seam.enqueue(parent, child);
    return undefined;
  },
  pending: async (scene) => {
    await submit(scene);
    return undefined;
  },
  scheduled: async (scene) => {
    await submit(scene, { due: { afterMs: aLongWhile } });
    return undefined;
  },
  running: async (scene) => {
    await submit(scene);
    return scene.worker.takeOne();
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
const noLease = {
  lease: { seq: 1, lane: 1, workflow: null, token: 1 },
  attempts: 1,
  maxAttempts: 1,
  retry: null,
  crashes: 0,
  expiries: 0,
  suspect: false,
};

/** Another ending than the one that was recorded, so that it is no settlement sent twice. */
function settle({ worker, lastRun }: Scene, outcome: Outcome = lost): Promise<readonly string[]> {
  return worker.settle(decide(lastRun ?? noLease, outcome, 0));
}

interface Attempted {
  readonly act: (scene: Scene, state: JobStatus) => Promise<unknown>;
  /** What the store answers when it refuses. */
  readonly refusal: unknown;
}

const commands: Readonly<Record<Command, Attempted>> = {
  release: {
    act: async (scene, state) => {
      // Of what has begun to run a parent can run again; what waits for its turn would be blocked by that.
      if (state === 'running' || isFinal(state)) await scene.seam.call('requeue', ['p']);
      await endParent(scene, completed);
    },
    refusal: undefined,
  },
  block: {
    act: async ({ seam }) => {
      await seam.call('requeue', ['p']);
    },
    refusal: undefined,
  },
  promote: {
    act: async ({ seam, worker }) => {
      await seam.clock.advance(aLongWhile);
      return (await worker.claim({ tasks: ['another'] })).jobs;
    },
    refusal: [],
  },
  claim: { act: async ({ worker }) => (await worker.claim()).jobs, refusal: [] },
  settle: { act: (scene) => settle(scene), refusal: ['lost'] },
  cancel: { act: ({ seam }) => seam.call('cancel', ['a']), refusal: [false] },
  requeue: { act: ({ seam }) => seam.call('requeue', ['a']), refusal: [false] },
  prune: {
    act: ({ seam }) => seam.call('prune', { before: null, after: null }),
    refusal: { removed: 0, next: null },
  },
};

async function setUp(seam: Seam, state: JobStatus): Promise<Scene> {
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
  blocked: released,
  completed,
  failed: failedForGood,
  timeout: timedOut,
  scheduled: postponed(5000),
  pending: released,
};

export const matrix: Suite = (holds) => {
  for (const command of Object.keys(commands) as Command[]) {
    for (const state of statuses) {
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
      if (target === 'blocked') await seam.call('requeue', ['p']);
      assert.deepEqual(await settle(scene, outcome), ['settled']);
      assert.equal(await stateOf(seam), target);
      await assertCounted(seam);
    });
  }

  holds('the matrix has every state and every command', async () => {
    assert.deepEqual(Object.keys(ways).toSorted(), [...statuses].toSorted());
    assert.deepEqual(Object.keys(commands).toSorted(), Object.keys(transitions).toSorted());
    const known = Object.keys(settlements).toSorted();
    assert.deepEqual([...(transitions.settle.running ?? [])].toSorted(), known);
    assert.ok(sourcesOf('settle').every((state) => !isFinal(state)));
    return Promise.resolve();
  });
};

function holdsDone(holds: Parameters<Suite>[0], command: Command, state: JobStatus): void {
  holds(`${command} of a ${state} job does what the table says`, async (seam) => {
    const scene = await setUp(seam, state);
    await seam.clock.advance(1);
    await commands[command].act(scene, state);
    const after = await stateOf(seam);
    assert.ok(allows(command, state, after as JobStatus | 'removed'), `it is ${after}`);
    await assertCounted(seam);
  });
}

function holdsRefused(holds: Parameters<Suite>[0], command: Command, state: JobStatus): void {
  holds(`${command} of a ${state} job is refused and changes nothing`, async (seam) => {
    const scene = await setUp(seam, state);
    const before = await everythingBut(seam, 'p');
    await seam.clock.advance(1);
    assert.deepEqual(await commands[command].act(scene, state), commands[command].refusal);
    assert.deepEqual(await everythingBut(seam, 'p'), before);
    await assertCounted(seam);
  });
}

/** The parent is there to be changed; when the job was last written to, its count of parents included, says little. */
async function everythingBut(seam: Seam, id: string): Promise<unknown> {
  const jobs = (await seam.everyJob()).filter((job) => job.id !== id);
  const executions = await Promise.all(jobs.map((job) => seam.call('executions', job.id)));
  return { jobs: jobs.map(({ updatedAtMs: _, ...job }) => job), executions };
}
