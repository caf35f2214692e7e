// Workflows, and jobs that wait for others, in transactions that are sent in one piece: what they leave behind is what the same
// steps, one after the other, would have.
import assert from 'node:assert/strict';
import { beforeEach, describe, test, type TestContext } from 'node:test';
import { decide, type Outcome } from '../../dist/core/decide.js';
import type { ClaimedJob, NewJob } from '../../dist/core/job.js';
import { busy, endAndTake, getMany, opened } from '../helpers/store-busy.ts';
import type { Proxy } from '../helpers/postgres-proxy.ts';
import { query } from '../helpers/store-postgres.ts';
import { child, statuses } from '../helpers/store-parents.ts';
import {
  completed,
  failed,
  failedForGood,
  newJob,
  noSuspects,
  replyOf,
  runAll,
  type Seam,
  type SeamWorker,
  slots,
  unit,
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

  /** Cancels and requeues a job that runs: from then on it is ready again, and its worker does not know. */
  async function startAfresh(id: string): Promise<void> {
    await seam.call('cancel', [id]);
    await seam.call('requeue', [id]);
  }

  /** Settles by leases, and claims, in one transaction; what became of the settlements, and what was claimed. */
  async function settleAndTake(
    count: number,
    ...ends: readonly (readonly [ClaimedJob, Outcome])[]
  ): Promise<readonly [readonly string[], readonly string[]]> {
    const claim = { worker: worker.key, tasks: ['greet'], queues: null, ...noSuspects };
    const answers = await runAll(seam.store, [
      ...ends.map(([job, how]) => unit('settle', [decide(job, how, 0)])),
      unit('claim', { ...claim, slots: slots(count) }),
    ]);
    const settled = ends.flatMap((_, place) => replyOf<'settle'>(answers[place]));
    return [settled, replyOf<'claim'>(answers[ends.length]).jobs.map(({ id }) => id)];
  }

  test('loses a job that was started afresh, and gets it again in the same transaction', async () => {
    const job = await begun(newJob('a'), child('b', ['a']));
    await startAfresh('a');
    await seam.enqueue(newJob('x'));
    assert.deepEqual(await settleAndTake(1, [job, completed]), [['lost'], ['a']]);
    assert.deepEqual(await counted(), { status: 'running', blocked: 1, running: 1 });
    assert.equal(await seam.statusOf('b'), 'blocked');
  });

  test('settles a job by an old lease and by its new one, and releases what waits for it once', async () => {
    await submit('w', newJob('a'), newJob('b'), child('c', ['a', 'b']));
    const [old] = await worker.take(2);
    await startAfresh('a');
    const again = await worker.takeOne();
    await seam.enqueue(newJob('x'));
    const ends = [
      [old ?? assert.fail(), completed],
      [again, completed],
    ] as const;
    assert.deepEqual(await settleAndTake(1, ...ends), [['lost', 'settled'], ['x']]);
    assert.equal(await seam.statusOf('c'), 'blocked');
    assert.deepEqual(await counted(), { status: 'running', blocked: 1, running: 1, completed: 1 });
  });

  test('settles a job twice in one transaction, and releases what waits for it once', async () => {
    await submit('w', newJob('a'), newJob('b'), child('c', ['a', 'b']));
    const [a = assert.fail()] = await worker.take(2);
    await seam.enqueue(newJob('x'));
    const claim = { worker: worker.key, tasks: ['greet'], queues: null, ...noSuspects };
    const settlement = decide(a, completed, 0);
    const answers = await runAll(seam.store, [
      unit('settle', [settlement]),
      unit('claim', { ...claim, slots: slots(1) }),
      unit('settle', [settlement]),
    ]);
    assert.deepEqual(replyOf(answers[2], 'settle'), ['duplicate']);
    assert.equal(await seam.statusOf('c'), 'blocked');
    assert.deepEqual(await counted(), { status: 'running', blocked: 1, running: 1, completed: 1 });
  });

  /** A parent that failed and runs again, and a job that ran after it all the same, and still does. */
  async function besideItsParent(): Promise<readonly [ClaimedJob, ClaimedJob]> {
    await submit('w', newJob('a'), child('b', ['a'], 'run'));
    await worker.end(await worker.takeOne(), failedForGood);
    const b = await worker.takeOne();
    await seam.call('requeue', ['a']);
    return [await worker.takeOne(), b];
  }

  test('ends a parent that ran again, and a job at once that waits for it once more, and has each counted once', async () => {
    const [a, b] = await besideItsParent();
    await getMany(worker, seam, 60);
    await seam.enqueue(newJob('x'));
    proxy.asked = '';
    const ends = [
      [a, completed],
      [b, failed],
    ] as const;
    assert.deepEqual(await settleAndTake(2, ...ends), [
      ['settled', 'settled'],
      ['b', 'x'],
    ]);
    assertInOnePiece();
    assert.deepEqual(await counted(), { status: 'running', running: 1, completed: 1 });
  });

  test('loses a job that was started afresh, and is released by its parent in the same transaction', async () => {
    const [a, b] = await besideItsParent();
    await startAfresh('b');
    assert.equal(await seam.statusOf('b'), 'blocked');
    await getMany(worker, seam, 60);
    await seam.enqueue(newJob('x', { priority: 1 }));
    proxy.asked = '';
    const ends = [
      [a, completed],
      [b, failed],
    ] as const;
    assert.deepEqual(await settleAndTake(1, ...ends), [['settled', 'lost'], ['x']]);
    assertInOnePiece();
    assert.deepEqual(await counted(), { status: 'running', pending: 1, completed: 1 });
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
