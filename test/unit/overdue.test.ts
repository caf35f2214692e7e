// A worker whose event loop stands still, seen from the keeper: on a real store in memory, on a clock of the test's own.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { ClaimedJob, NewJob } from '../../dist/core/job.js';
import { openHere } from '../../dist/store/open.js';
import type { WorkerKey } from '../../dist/store/store.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { completed, newJob, newWorker, Seam, SeamWorker, slots } from '../helpers/store-seam.ts';

/** Time-out, grace, and what the keeper allows for the way from the claim to the handler. */
const overdueMs = 1000 + 5000 + 1000;
const signMs = 1000;

async function setUp(t: TestContext, { isReplaceable = false } = {}) {
  const clock = new FakeClock();
  let ends = 0;
  const store = openHere({
    database: ':memory:',
    initialize: true,
    clock,
    endProcess: () => (ends += 1),
  });
  t.after(() => store.close());
  const seam = new Seam(store, clock);
  const stage = new Float64Array(new SharedArrayBuffer(8));
  const attention = { stage: stage.buffer, isReplaceable, awayTasks: ['away'], awaySuspects: [] };
  const key: WorkerKey = await seam.call('register', { ...newWorker('w1'), attention } as never);
  const worker = new SeamWorker(seam, key);
  const heard: string[] = [];
  store.subscribe('lease', (event) => event.type === 'lease' && heard.push(event.state));
  const claim = async (...jobs: NewJob[]): Promise<readonly ClaimedJob[]> => {
    await seam.enqueue(...jobs);
    return (await worker.claim({ slots: slots(jobs.length) })).jobs;
  };
  const statuses = async (): Promise<readonly (readonly unknown[])[]> => {
    const jobs = await seam.everyJob();
    return jobs.toReversed().map(({ id, status, attempts }) => [id, status, attempts]);
  };
  const unheard = (): readonly string[] => heard.filter((state) => state !== 'renewed');
  return { clock, seam, worker, stage, claim, statuses, unheard, ends: () => ends };
}

const short = { timeout: '1s', maxAttempts: 1 };

describe('a job that is not settled long after its time was up', () => {
  test('makes its worker be asked for a sign of life, and not before', async (t) => {
    const { clock, claim, unheard } = await setUp(t);
    await claim(newJob('a', short));
    await clock.advance(overdueMs - 1);
    assert.deepEqual(unheard(), []);
    await clock.advance(1);
    assert.deepEqual(unheard(), ['asked']);
  });

  test('is not forgotten when the worker asks for others that it still holds', async (t) => {
    const { clock, seam, worker, claim, unheard } = await setUp(t);
    const [, other] = await claim(newJob('a', short), newJob('b'));
    await seam.call('held', { ...worker.key, among: [other!.lease] });
    await clock.advance(overdueMs);
    assert.deepEqual(unheard(), ['asked']);
  });

  test('is left to a worker that gives one, and looked at again', async (t) => {
    const { clock, worker, claim, statuses, unheard } = await setUp(t);
    await claim(newJob('a', short));
    await clock.advance(overdueMs);
    await worker.renew();
    await clock.advance(4999);
    assert.deepEqual(await statuses(), [['a', 'running', 1]]);
    await clock.advance(1);
    assert.deepEqual(unheard(), ['asked', 'asked']);
  });

  test('is timed out if none comes; the others are given back, and the worker is lost', async (t) => {
    const { clock, seam, claim, statuses, unheard, ends } = await setUp(t);
    await claim(newJob('a', short), newJob('b'), newJob('c', { timeout: null }));
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(await statuses(), [
      ['a', 'timeout', 1],
      ['b', 'pending', 0],
      ['c', 'pending', 0],
    ]);
    assert.match((await seam.job('a')).error?.message ?? '', /held up the event loop/u);
    assert.deepEqual(unheard(), ['asked', 'lost']);
    assert.deepEqual(await seam.call('workers', null), []);
    assert.equal(ends(), 0);
  });

  test('ends a process that somebody will replace, once that is recorded', async (t) => {
    const { clock, claim, statuses, ends } = await setUp(t, { isReplaceable: true });
    await claim(newJob('a', short));
    await clock.advance(overdueMs + signMs);
    assert.deepEqual([ends(), await statuses()], [1, [['a', 'timeout', 1]]]);
  });

  test('is not the one to blame if another handler has not come back', async (t) => {
    const { clock, claim, stage, statuses } = await setUp(t);
    const [, b] = await claim(newJob('a', short), newJob('b', short), newJob('c', short));
    stage[0] = b!.lease.seq;
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(await statuses(), [
      ['a', 'pending', 0],
      ['b', 'timeout', 1],
      ['c', 'pending', 0],
    ]);
  });

  test('is given back if the one that holds it up may still take its time', async (t) => {
    const { clock, claim, stage, statuses, unheard } = await setUp(t);
    const [, b] = await claim(newJob('a', short), newJob('b', { timeout: '1h' }));
    stage[0] = b!.lease.seq;
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(await statuses(), [
      ['a', 'pending', 0],
      ['b', 'running', 1],
    ]);
    assert.deepEqual(unheard(), ['asked']);
  });

  test('does not run here, so it held up nobody: it is given back like the others', async (t) => {
    const { clock, seam, worker, statuses } = await setUp(t);
    await seam.enqueue(newJob('a', { ...short, task: 'away' }), newJob('b', short));
    await worker.claim({ tasks: ['away', 'greet'], slots: slots(2) });
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(await statuses(), [
      ['a', 'pending', 0],
      ['b', 'timeout', 1],
    ]);
  });

  test('is none of the worker any more if it was cancelled', async (t) => {
    const { clock, seam, claim, statuses, unheard } = await setUp(t);
    await claim(newJob('a', short), newJob('b'));
    await seam.call('cancel', ['a']);
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(unheard(), []);
    assert.deepEqual(await statuses(), [
      ['a', 'cancelled', 1],
      ['b', 'running', 1],
    ]);
  });

  test('is not looked for any more once its end is on its way', async (t) => {
    const { clock, worker, claim, unheard } = await setUp(t);
    const [job] = await claim(newJob('a', short));
    await worker.end(job!, completed);
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(unheard(), []);
  });

  test('does not keep an idle worker from beating, nor one that has left from being forgotten', async (t) => {
    const { clock, worker, claim, unheard } = await setUp(t);
    await claim(newJob('a', short));
    await worker.leave();
    await clock.advance(overdueMs + signMs);
    assert.deepEqual(unheard(), []);
  });
});
