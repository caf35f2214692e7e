// The wall clock is set, and the machine sleeps, while workers hold jobs: hearts and sweepers on a clock of the test's own.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { decide } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import { type Vigil, watch } from '../../dist/core/liveness.js';
import { AttendedStore } from '../../dist/store/heartbeat.js';
import type { Sighting, Store } from '../../dist/store/store.js';
import type { FakeClock } from '../helpers/store-clock.ts';
import { completed, lost, newJob, newWorker, Seam, noSuspects } from '../helpers/store-seam.ts';
import { openSqlite } from '../helpers/store-sqlite.ts';

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const leaseMs = 30 * second;
const sweepMs = 5 * second;
/** Until a worker that is silent is found out: seen first, then watched for a lease, then claimed from. */
const foundOutMs = 6 * second + leaseMs + second;

/** A worker with a heart and a sweeper, as a process of its own would have them: they beat and look for ever. */
class FullWorker {
  readonly seam: Seam;
  readonly #heart: AttendedStore;
  readonly #instance: string;
  readonly #clock: FakeClock;
  #vigil: Vigil | null = null;
  #hasDied = false;

  private constructor(store: Store, clock: FakeClock, instance: string) {
    // The store is shared, and outlives each of them.
    const lasting: Store = {
      run: (units, answer) => store.run(units, answer),
      subscribe: (interest, listener) => store.subscribe(interest, listener),
      close: () => Promise.resolve(),
    };
    this.#heart = new AttendedStore(lasting, clock);
    this.seam = new Seam(this.#heart, clock);
    this.#instance = instance;
    this.#clock = clock;
  }

  static async start(seam: Seam, instance: string): Promise<FullWorker> {
    const worker = new FullWorker(seam.store, seam.clock, instance);
    await worker.seam.call('register', newWorker(instance, { leaseMs }));
    worker.#sweepLater();
    return worker;
  }

  async die(): Promise<void> {
    this.#hasDied = true;
    await this.#heart.close();
  }

  async takeOne(): Promise<ClaimedJob> {
    const worker = { instance: this.#instance, epoch: 1 };
    const slots = [`${this.#instance}-0`];
    const request = { worker, tasks: ['greet'], queues: null, slots, ...noSuspects };
    const { jobs } = await this.seam.call('claim', request);
    return jobs[0] ?? assert.fail('there was no job to claim');
  }

  #sweepLater(): void {
    this.#clock.timer(sweepMs, () => {
      if (!this.#hasDied) void this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    this.#sweepLater();
    const askedAtMs = this.#clock.mono();
    const workers = await this.seam.call('workers', null);
    const answeredAtMs = this.#clock.mono();
    const look = { self: this.#instance, workers, askedAtMs, answeredAtMs };
    const { vigil, dead } = watch(this.#vigil, look);
    this.#vigil = vigil;
    for (const sighting of dead) await this.#reap(sighting);
  }

  async #reap({ instance, epoch, beat }: Sighting): Promise<void> {
    const jobs = await this.seam.call('expired', { instance, epoch, beat });
    await this.seam.call(
      'settle',
      jobs.map((job) => decide(job, lost, 0)),
    );
  }
}

interface Scene {
  readonly seam: Seam;
  readonly workers: readonly [FullWorker, FullWorker];
  readonly jobs: readonly ClaimedJob[];
}

/** Two workers, each with a job, that have been at work for a while; a third job is due in two hours. */
async function atWork(t: TestContext): Promise<Scene> {
  const seam = openSqlite(t);
  const workers = [
    await FullWorker.start(seam, 'one'),
    await FullWorker.start(seam, 'two'),
  ] as const;
  await seam.enqueue(newJob('a'), newJob('b'));
  const jobs = [await workers[0].takeOne(), await workers[1].takeOne()];
  await seam.enqueue(newJob('later', { due: { afterMs: 2 * hour } }));
  await seam.clock.advance(minute);
  return { seam, workers, jobs };
}

async function assertAllRun({ seam }: Scene): Promise<void> {
  for (const id of ['a', 'b']) {
    const { status, attempts } = await seam.job(id);
    assert.deepEqual([id, status, attempts], [id, 'running', 1]);
  }
  const lives = await seam.call('workers', null);
  const summary = lives.map(({ epoch, state, running }) => [epoch, state, running]);
  assert.deepEqual(summary, [
    [1, 'active', 1],
    [1, 'active', 1],
  ]);
}

/** The job of a worker that dies now is given to others as soon as ever, and no later. */
async function assertLeasesEnd(scene: Scene): Promise<void> {
  const { seam, workers, jobs } = scene;
  await workers[0].die();
  // It may have beaten a third of a lease ago.
  await seam.clock.advance(leaseMs / 3);
  await assertAllRun(scene);
  await seam.clock.advance(foundOutMs - leaseMs / 3);
  assert.equal(await seam.statusOf('a'), 'pending');
  const [old] = jobs;
  const again = await workers[1].takeOne();
  assert.deepEqual([again.id, again.attempts, again.number], ['a', 1, 2]);
  const late = decide(old ?? assert.fail(), completed, 0);
  assert.deepEqual(await seam.call('settle', [late]), ['lost']);
}

const jumps = [
  ['an hour on', hour],
  ['an hour back', -hour],
  ['ten years on', 87_660 * hour],
] as const;

describe('the wall clock', () => {
  for (const [what, change] of jumps) {
    it(`set ${what} takes no running job from its worker, and lets no lease last for ever`, async (t) => {
      const scene = await atWork(t);
      scene.seam.clock.setWall(change);
      await scene.seam.clock.advance(5 * minute);
      await assertAllRun(scene);
      await assertLeasesEnd(scene);
    });

    it(`set ${what} is what delayed jobs go by`, async (t) => {
      const { seam, workers, jobs } = await atWork(t);
      await seam.call(
        'settle',
        jobs.map((job) => decide(job, completed, 0)),
      );
      seam.clock.setWall(change);
      const leftMs = 2 * hour - minute - change;
      await seam.clock.advance(Math.max(0, leftMs - 1));
      if (leftMs > 0) await assert.rejects(workers[0].takeOne());
      await seam.clock.advance(1);
      assert.equal((await workers[0].takeOne()).id, 'later');
    });
  }

  it('set on and back again and again by an hour is no sign of death', async (t) => {
    const scene = await atWork(t);
    for (let turn = 0; turn < 20; turn += 1) {
      scene.seam.clock.setWall(turn % 2 === 0 ? hour : -hour);
      await scene.seam.clock.advance(sweepMs + second);
    }
    await assertAllRun(scene);
  });
});

describe('a machine that slept for eight hours', () => {
  it('wakes with all jobs where they were: nobody is held for dead in the rush', async (t) => {
    const scene = await atWork(t);
    await scene.seam.clock.suspend(8 * hour);
    await assertAllRun(scene);
    await scene.seam.clock.advance(10 * minute);
    await assertAllRun(scene);
    await assertLeasesEnd(scene);
  });

  it('wakes so also where its steady clock slept as well', async (t) => {
    const scene = await atWork(t);
    scene.seam.clock.setWall(8 * hour);
    await scene.seam.clock.advance(10 * minute);
    await assertAllRun(scene);
    await assertLeasesEnd(scene);
  });

  it('finds out a worker that did not wake with it', async (t) => {
    const scene = await atWork(t);
    await scene.workers[0].die();
    await scene.seam.clock.suspend(8 * hour);
    await assertAllRun(scene);
    await scene.seam.clock.advance(foundOutMs);
    assert.equal(await scene.seam.statusOf('a'), 'pending');
    assert.equal(await scene.seam.statusOf('b'), 'running');
  });
});
