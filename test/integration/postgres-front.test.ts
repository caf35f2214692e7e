// Where a worker begins to look once looks have become slow: it passes nobody over for good.
import assert from 'node:assert/strict';
import { beforeEach, describe, test, type TestContext } from 'node:test';
import { decide } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import type { Clock } from '../../dist/store/store.js';
import { freshSchema } from '../helpers/store-postgres.ts';
import { newJob, newJobs, Seam } from '../helpers/store-seam.ts';

/** Each look at it is so much later than the one before. */
class SteppingClock implements Clock {
  stepMs = 0;
  #nowMs = 0;

  wall(): number {
    return systemClock.wall();
  }

  mono(): number {
    return (this.#nowMs += this.stepMs);
  }

  timer(ms: number, callback: () => void): () => void {
    return systemClock.timer(ms, callback);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }
}

type TestWorker = Awaited<ReturnType<Seam['worker']>>;

async function one(worker: TestWorker): Promise<string | undefined> {
  return (await worker.take(1))[0]?.id;
}

describe('once ten looks in a row were slow', () => {
  let clock: SteppingClock;
  let seam: Seam;
  let first: ClaimedJob;
  let second: ClaimedJob;
  let ours: TestWorker;
  let theirs: TestWorker;

  beforeEach(async (scope) => {
    const t = scope as TestContext;
    const { address } = await freshSchema();
    clock = new SteppingClock();
    const open = async (of: Clock): Promise<Seam> => {
      const store = await openPostgresStore(address, { clock: of, initialize: true });
      t.after(() => store.close());
      return new Seam(store, of as never);
    };
    seam = await open(clock);
    await seam.enqueue(...newJobs(17));
    theirs = await (await open(systemClock)).worker('theirs');
    ours = await seam.worker('ours');
    [first] = (await theirs.take(1)) as [ClaimedJob];
    clock.stepMs = 30;
    [second] = (await ours.take(1)) as [ClaimedJob];
    for (let n = 0; n < 9; n += 1) await ours.take(1);
    clock.stepMs = 0;
  });

  const giveBack = (worker: TestWorker, job: ClaimedJob): Promise<unknown> =>
    worker.settle(decide(job, { kind: 'released' }, 0));

  test('what comes back elsewhere waits for the next look from the start', async () => {
    await giveBack(theirs, first);
    assert.equal(await one(ours), 'job-11');
    clock.pass(30_000);
    clock.stepMs = 30;
    assert.equal(await one(ours), 'job-0');
  });

  test('what comes back here is passed over by no look', async () => {
    await giveBack(ours, second);
    assert.equal(await one(ours), 'job-1');
  });

  test('what is more urgent is taken first, and nobody is passed over for it', async () => {
    await seam.enqueue(newJob('urgent', { priority: 5 }), newJob('late'));
    assert.equal(await one(ours), 'urgent');
    assert.equal(await one(ours), 'job-11');
    await seam.enqueue(newJob('more-urgent', { priority: 7 }));
    const ids = (await ours.take(3)).map(({ id }) => id);
    assert.deepEqual(ids, ['more-urgent', 'job-12', 'job-13']);
  });

  test('a worker that finds too little looks from the start at once', async () => {
    await giveBack(theirs, first);
    const ids = (await ours.take(20)).map(({ id }) => id);
    assert.deepEqual(ids, ['job-11', 'job-12', 'job-13', 'job-14', 'job-15', 'job-16', 'job-0']);
  });
});

test('a look that is slow by accident changes nothing', async (t) => {
  const { address } = await freshSchema();
  const clock = new SteppingClock();
  const store = await openPostgresStore(address, { clock, initialize: true });
  t.after(() => store.close());
  const seam = new Seam(store, clock as never);
  const other = await openPostgresStore(address, { clock: systemClock, initialize: true });
  t.after(() => other.close());
  const theirs = await new Seam(other, systemClock as never).worker('theirs');
  await seam.enqueue(...newJobs(20));
  const ours = await seam.worker('ours');
  const [first] = (await theirs.take(1)) as [ClaimedJob];
  clock.stepMs = 30;
  for (let n = 0; n < 9; n += 1) await ours.take(1);
  clock.stepMs = 0;
  await ours.take(1);
  await theirs.settle(decide(first, { kind: 'released' }, 0));
  assert.equal(await one(ours), 'job-0');
});
