// Workflows, and jobs that wait for others, in transactions that are sent in one piece: what they leave behind is what the same
// steps, one after the other, would have.
import assert from 'node:assert/strict';
import { beforeEach, describe, test, type TestContext } from 'node:test';
import { decide } from '../../dist/core/decide.js';
import type { ClaimedJob, NewJob } from '../../dist/core/job.js';
import { busy, endAndTake, opened } from '../helpers/store-busy.ts';
import type { Proxy } from '../helpers/postgres-proxy.ts';
import { query } from '../helpers/store-postgres.ts';
import { child, statuses } from '../helpers/store-parents.ts';
import {
  completed,
  failed,
  failedForGood,
  newJob,
  type Seam,
  type SeamWorker,
} from '../helpers/store-seam.ts';

describe('a worker that has met a job of a workflow', () => {
  let seam: Seam;
  let worker: SeamWorker;
  let schema: string;
  let proxy: Proxy;

  beforeEach(async (scope) => {
    ({ seam, schema, proxy } = await opened(scope as TestContext));
    worker = await busy(seam);
    await submit('met', newJob('met'));
    await worker.end(await worker.takeOne(), completed);
    proxy.asked = '';
  });

  const submit = (id: string, ...jobs: NewJob[]) =>
    seam.call('enqueueWorkflow', { workflow: { id, name: id }, jobs });

  /** How a workflow stands, and its jobs that are counted, by state. */
  async function counted(id = 'w'): Promise<Readonly<Record<string, unknown>>> {
    const [row] = await query(
      `SELECT status, blocked, scheduled, pending, running, completed, failed, cancelled, completed_at IS NOT NULL AS over
       FROM ${schema}.workflows WHERE id = '${id}'`,
    );
    return Object.fromEntries(
      Object.entries(row ?? {}).filter(([, value]) => value !== 0 && value !== false),
    );
  }

  /** Nothing was asked for step by step since the store was asked for the first of it. */
  function assertInOnePiece(): void {
    assert.ok(/gigq_(?:settle|retry)/u.test(proxy.asked), 'It was asked for nothing');
    assert.ok(!/BEGIN|COMMIT/u.test(proxy.asked), 'It was asked for step by step');
  }

  async function begun(...jobs: NewJob[]): Promise<ClaimedJob> {
    await submit('w', ...jobs);
    const job = await worker.takeOne();
    proxy.asked = '';
    return job;
  }

  test('ends a job, gets those that waited for it, and has both counted', async () => {
    const job = await begun(
      newJob('a'),
      child('b', ['a']),
      child('c', ['a']),
      child('d', ['b', 'c']),
    );
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 2 }), ['b', 'c']);
    assertInOnePiece();
    assert.deepEqual(await counted(), { status: 'running', blocked: 1, running: 2, completed: 1 });
  });

  test('ends a workflow with its last job', async () => {
    const job = await begun(newJob('a'));
    await seam.enqueue(newJob('next'));
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1 }), ['next']);
    assertInOnePiece();
    assert.deepEqual(await counted(), { status: 'completed', completed: 1, over: true });
  });

  test('releases a job with the last of its parents', async () => {
    await submit('w', newJob('a'), newJob('b'), child('c', ['a', 'b']));
    const [a, b] = await worker.take(2);
    await seam.enqueue(newJob('x'));
    assert.deepEqual(await endAndTake(seam, worker, { job: a ?? assert.fail(), count: 1 }), ['x']);
    assert.equal(await seam.statusOf('c'), 'blocked');
    assert.deepEqual(await endAndTake(seam, worker, { job: b ?? assert.fail(), count: 1 }), ['c']);
    assert.deepEqual(await counted(), { status: 'running', running: 1, completed: 2 });
  });

  test('releases a job that is due later', async () => {
    const later = { ...child('b', ['a']), due: { afterMs: 60_000 } };
    const job = await begun(newJob('a'), later);
    await seam.enqueue(newJob('x'));
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1 }), ['x']);
    assertInOnePiece();
    assert.deepEqual(await counted(), { status: 'running', scheduled: 1, completed: 1 });
  });

  test('gets the results of a few parents along with a job', async () => {
    const sum = { ...child('b', ['a']), passResults: true };
    const job = await begun(newJob('a'), sum);
    await worker.end(job, completed);
    const { inputs, dependencies, workflow } = await worker.takeOne();
    assert.deepEqual([dependencies, workflow], [['a'], 'w']);
    assert.deepEqual(inputs, {
      passResults: true,
      parents: [{ id: 'a', status: 'completed', result: '"done"', error: null, references: [] }],
    });
  });

  test('settles a job twice, and releases what waits for two parents only once', async () => {
    await submit('w', newJob('a'), newJob('b'), child('c', ['a', 'b']));
    const [a] = await worker.take(2);
    proxy.asked = '';
    const settlement = decide(a ?? assert.fail(), completed, 0);
    assert.deepEqual(await worker.settle(settlement), ['settled']);
    assert.deepEqual(await worker.settle(settlement), ['duplicate']);
    assertInOnePiece();
    assert.equal(await seam.statusOf('c'), 'blocked');
    assert.deepEqual(await counted(), { status: 'running', blocked: 1, running: 1, completed: 1 });
  });

  test('loses a job that was taken from it: nothing is released, nothing counted', async () => {
    const job = await begun(newJob('a'), child('b', ['a']));
    await query(`UPDATE ${schema}.jobs SET token = token + 1 WHERE id = 'a'`);
    assert.equal(await worker.end(job, completed), 'lost');
    assert.deepEqual(await counted(), { status: 'running', blocked: 1, running: 1 });
  });

  test('gets a job again that failed and is ready again at once', async () => {
    const job = await begun(newJob('a'));
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1, how: failed }), ['a']);
    assertInOnePiece();
    assert.deepEqual(await counted(), { status: 'running', running: 1 });
  });

  test('takes down what waits for a job that failed for good', async () => {
    const job = await begun(newJob('a'), child('b', ['a']), child('c', ['a'], 'run'));
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1, how: failedForGood }), ['c']);
    assert.deepEqual(await statuses(seam, 'a', 'b', 'c'), ['failed', 'cancelled', 'running']);
    assert.deepEqual(await counted(), { status: 'running', running: 1, failed: 1, cancelled: 1 });
  });

  test('ends jobs of several workflows in one piece, each counted by its own', async () => {
    await submit('v', newJob('a'));
    await submit('w', newJob('b'), child('c', ['b']));
    const jobs = await worker.take(2);
    proxy.asked = '';
    await worker.settle(...jobs.map((job) => decide(job, completed, 0)));
    assertInOnePiece();
    assert.deepEqual(await counted('v'), { status: 'completed', completed: 1, over: true });
    assert.deepEqual(await counted('w'), { status: 'running', pending: 1, completed: 1 });
  });
});

test('a job of a workflow that waits for one of none is counted when it is released', async (t) => {
  const { seam, schema } = await opened(t);
  const worker = await busy(seam);
  await seam.enqueue(newJob('a'));
  await seam.call('enqueueWorkflow', {
    workflow: { id: 'w', name: 'w' },
    jobs: [child('b', ['a'])],
  });
  await worker.end(await worker.takeOne(), completed);
  const [row] = await query(`SELECT blocked, pending FROM ${schema}.workflows`);
  assert.deepEqual({ ...row }, { blocked: 0, pending: 1 });
});
