// When a worker asks for jobs while a claim of its is on its way.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ClaimedJob } from '../../dist/core/job.js';
import { Offers } from '../../dist/core/offers.js';
import { SharedStore } from '../../dist/store/store-handle.js';
import type { Answer, ClaimRequest } from '../../dist/store/store.js';
import { ClaimLoop } from '../../dist/worker/claim-loop.js';
import { Slots } from '../../dist/worker/slots.js';
import { ok, ScriptedStore } from '../helpers/store-scripted.ts';
import { turn } from '../helpers/store-turn.ts';

function found(jobs: readonly ClaimedJob[]): Answer {
  return ok({ jobs, nextDueMs: null, unknownTasks: [], fenced: false });
}

/** A loop whose claims wait until the test answers them; the test ends jobs by giving back their slots. */
class Scene {
  readonly slots: Slots;
  readonly store = new ScriptedStore(() => null);
  readonly loop: ClaimLoop;
  #running: string[] = [];

  constructor(count: number) {
    this.slots = new Slots('w', count);
    this.loop = new ClaimLoop({
      store: new SharedStore(this.store, () => undefined).handle(),
      slots: this.slots,
      settings: { pollingMs: 60_000, queues: null, logger: { warn: () => undefined } as never },
      waitMs: 1000,
      isHeldUp: false,
      key: { instance: 'w', epoch: 1 },
      offers: new Offers(),
      moduleTasks: [],
      mayTakeSuspect: false,
      taskNames: () => ['greet'],
      take: (jobs) => this.#running.push(...jobs.map(({ slot }) => slot)),
      fenced: () => undefined,
      claimFailed: assert.fail,
      requestTurn: () => queueMicrotask(() => this.loop.turn()),
    });
  }

  /** For how many slots each claim asked, from the first on. */
  get asked(): readonly number[] {
    return this.store.asked.map(({ input }) => (input as ClaimRequest).slots.length);
  }

  /** The first claim that waits finds all that it asks for. */
  async answer(): Promise<void> {
    const unit = this.store.asked.at(-this.store.waiting.length) ?? assert.fail('No claim waits');
    const { slots } = unit.input as ClaimRequest;
    const jobs = slots.map((slot) => ({ slot }) as ClaimedJob);
    this.store.waiting.shift()?.(found(jobs));
    await sent();
  }

  /** A call that is not answered keeps the process alive. */
  close(): void {
    this.loop.close();
    for (const answered of this.store.waiting.splice(0)) answered(found([]));
  }

  async end(count: number): Promise<void> {
    this.slots.giveBack(this.#running.splice(0, count));
    this.loop.turn();
    await sent();
  }
}

/** Whatever is asked for has been: the handle sends what was called in one turn at its end, and the loop may have waited for one. */
async function sent(): Promise<void> {
  for (let n = 0; n < 3; n += 1) await turn();
}

async function busy(count: number): Promise<Scene> {
  const scene = new Scene(count);
  scene.loop.open({ jobs: Infinity, untilIdle: false });
  await sent();
  while (scene.store.waiting.length > 0) await scene.answer();
  scene.store.asked.length = 0;
  return scene;
}

describe('of ten slots, all taken', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await busy(10);
  });
  afterEach(() => {
    scene.close();
  });

  test('those that become free while a claim for few is on its way are asked for at once', async () => {
    await scene.end(2);
    await scene.end(1);
    assert.deepEqual(scene.asked, [2, 1]);
  });

  test('no more than two claims are on their way', async () => {
    for (const count of [1, 1, 1]) await scene.end(count);
    assert.deepEqual(scene.asked, [1, 1]);
    await scene.answer();
    assert.deepEqual(scene.asked, [1, 1, 1]);
  });

  test('those that become free while a claim for most is on its way wait for it, and are asked for together', async () => {
    await scene.end(6);
    await scene.end(2);
    await scene.end(2);
    assert.deepEqual(scene.asked, [6]);
    await scene.answer();
    assert.deepEqual(scene.asked, [6, 4]);
  });
});

test('of a hundred slots one half is asked for while the other half is', async (t) => {
  const scene = await busy(100);
  t.after(() => scene.close());
  await scene.end(50);
  await scene.end(50);
  assert.deepEqual(scene.asked, [50, 50]);
});
