// Transactions that are sent in one piece: what a worker is told and leaves behind that has found all that it asked for, time and
// again, when the next claim is another matter; and two that are on their way at the same moment.
import assert from 'node:assert/strict';
import { beforeEach, describe, test, type TestContext } from 'node:test';
import type { ClaimedJob, NewJob } from '../../dist/core/job.js';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import { Proxy } from '../helpers/postgres-proxy.ts';
import { freshSchema, isWaiting, query } from '../helpers/store-postgres.ts';
import { pause } from '../helpers/pauses.ts';
import { busy, endAndTake, opened } from '../helpers/store-busy.ts';
import { found } from '../helpers/worker-place.ts';
import { child } from '../helpers/store-parents.ts';
import {
  completed,
  newJob,
  newJobs,
  noSuspects,
  released,
  replyOf,
  runAll,
  Seam,
  type SeamWorker,
  slots,
  unit,
} from '../helpers/store-seam.ts';

describe('a worker that has found all that it asked for, time and again', () => {
  let seam: Seam;
  let worker: SeamWorker;
  let schema: string;
  let proxy: Proxy;

  beforeEach(async (scope) => {
    ({ seam, schema, proxy } = await opened(scope as TestContext));
    worker = await busy(seam);
  });

  const idsOf = (jobs: readonly ClaimedJob[]): readonly string[] => jobs.map(({ id }) => id);

  test('sends settlements and claims in one piece', async () => {
    await seam.enqueue(newJob('a'), newJob('b'));
    const job = await worker.takeOne();
    proxy.asked = '';
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1 }), ['b']);
    assert.match(proxy.asked, /gigq_settle.*gigq_claim/su);
    assert.doesNotMatch(proxy.asked, /BEGIN|COMMIT/u);
  });

  test('gets what there is when there is less', async () => {
    await seam.enqueue(newJob('a'), newJob('b'));
    assert.deepEqual(idsOf(await worker.take(3)), ['a', 'b']);
    assert.deepEqual(await worker.take(3), []);
  });

  test('is told when the next job is due, and of tasks that it does not have', async () => {
    await seam.enqueue(
      newJob('later', { due: { afterMs: 60_000 } }),
      newJob('other', { task: 'other' }),
    );
    const { nextDueMs, unknownTasks } = await worker.claim();
    assert.ok(nextDueMs !== null && nextDueMs > 50_000 && nextDueMs <= 60_000, `${nextDueMs}`);
    assert.deepEqual(unknownTasks, ['other']);
  });

  /** Of the workflow's jobs, by state, as others see them. */
  const counted = async (): Promise<Readonly<Record<string, unknown>>> => {
    const [row] = await query(
      `SELECT blocked, scheduled, pending, running, completed FROM ${schema}.workflows`,
    );
    return Object.fromEntries(Object.entries(row ?? {}).filter(([, count]) => count !== 0));
  };
  const workflow = { id: 'w', name: 'w' };

  test('gets the jobs of a workflow, which are counted', async () => {
    await seam.call('enqueueWorkflow', { workflow, jobs: [newJob('a'), child('b', ['a'])] });
    const job = await worker.takeOne();
    assert.deepEqual(await counted(), { running: 1, blocked: 1 });
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1 }), ['b']);
    assert.deepEqual(await counted(), { completed: 1, running: 1 });
  });

  test('gets jobs before one of a workflow that becomes due, which is counted', async () => {
    const jobs = [newJob('due', { due: { afterMs: 60_000 } })];
    await seam.enqueue(newJob('a'), newJob('b'));
    await seam.call('enqueueWorkflow', { workflow, jobs });
    await query(`UPDATE ${schema}.jobs SET run_at = 0 WHERE id = 'due'`);
    assert.deepEqual(idsOf(await worker.take(1)), ['a']);
    assert.deepEqual(idsOf(await worker.take(1)), ['b']);
    assert.deepEqual(await counted(), { pending: 1 });
  });

  test('gets a job that has become due, and no sooner', async () => {
    await seam.enqueue(newJob('later', { due: { afterMs: 60_000 } }));
    assert.deepEqual(await worker.take(1), []);
    await query(`UPDATE ${schema}.jobs SET run_at = 0 WHERE id = 'later'`);
    assert.deepEqual(idsOf(await worker.take(1)), ['later']);
  });

  test('ends a job, and gets another one before the one that waited for it', async () => {
    await seam.enqueue(newJob('a'), newJob('next'), child('b', ['a']));
    const job = await worker.takeOne();
    assert.deepEqual(await endAndTake(seam, worker, { job, count: 1 }), ['next']);
    assert.equal(await seam.statusOf('b'), 'pending');
  });

  test('is told that a job is lost that was taken from it', async () => {
    await seam.enqueue(newJob('a'));
    const job = await worker.takeOne();
    await query(`UPDATE ${schema}.jobs SET token = token + 1 WHERE id = 'a'`);
    assert.equal(await worker.end(job, completed), 'lost');
    assert.equal(await seam.statusOf('a'), 'running');
  });

  test('is fenced once it was taken for dead', async () => {
    await seam.enqueue(newJob('a'));
    await worker.reap();
    const { fenced, jobs } = await worker.claim();
    assert.deepEqual([fenced, jobs.length], [true, 0]);
  });

  test('gets the jobs of a claim whose commit was carried out unheard, and no others', async () => {
    await seam.enqueue(...newJobs(20).map((job): NewJob => ({ ...job, id: `${job.id}-again` })));
    proxy.commitsToCut = 1;
    const jobs = await worker.take(3);
    assert.equal(proxy.commitsToCut, 0);
    assert.deepEqual(idsOf(jobs), ['job-0-again', 'job-1-again', 'job-2-again']);
    assert.equal((await seam.counted())['running'], 3);
  });
});

test('many jobs that somebody submits while those of others are on their way go right behind them', async (t) => {
  const { seam, proxy } = await opened(t);
  await seam.enqueue(newJob('first'));
  proxy.silence('answered');
  const many = (prefix: string): NewJob[] =>
    newJobs(40).map((job) => ({ ...job, id: `${prefix}-${job.id}` }));
  const behind = proxy.next('b-job-39');
  const answered: string[] = [];
  const submitted = ['a', 'b', 'c'].map(async (name, place) => {
    await seam.call('enqueue', many(name), { caller: place + 1 });
    answered.push(name);
  });
  const way = await behind;
  assert.deepEqual(answered, []);
  way.release();
  proxy.heal();
  await Promise.all(submitted);
  assert.deepEqual(answered, ['a', 'b', 'c']);
  assert.equal((await seam.everyJob()).length, 121);
});

describe('two of a kind that are on their way, and come to nothing', () => {
  const many = (prefix: string): NewJob[] =>
    newJobs(40).map((job) => ({ ...job, id: `${prefix}-${job.id}` }));

  test('are tried again in their order', async (t) => {
    const { seam, proxy, schema } = await opened(t);
    await seam.enqueue(newJob('first'));
    const behind = proxy.next('b-job-39');
    const submitted = ['a', 'b'].map((name, place) =>
      seam.call('enqueue', many(name), { caller: place + 1 }),
    );
    const way = await behind;
    way.cut();
    await Promise.all(submitted);
    const [row] = await query(
      `SELECT array_agg(left(id, 1) ORDER BY seq) AS ids FROM ${schema}.jobs WHERE id <> 'first'`,
    );
    assert.deepEqual(row?.['ids'], [...many('a').map(() => 'a'), ...many('b').map(() => 'b')]);
  });

  test('are seen by whoever has asked for them, though the first has to be done again', async (t) => {
    const { seam } = await opened(t);
    const worker = await busy(seam);
    const claim = { worker: worker.key, tasks: ['greet'], queues: null, ...noSuspects };
    const first = runAll(seam.store, [
      unit('claim', { ...claim, slots: slots(50) }, { caller: 2 }),
      unit('enqueue', many('a')),
    ]);
    const ids = many('a').map(({ id }) => id);
    const [answer] = await runAll(seam.store, [unit('outcomes', ids)]);
    assert.ok(replyOf(answer, 'outcomes').every((outcome) => outcome !== null));
    await first;
  });
});

test('a claim that is asked for again by the same object leases by other tokens', async (t) => {
  const { seam } = await opened(t);
  const worker = await busy(seam);
  await seam.enqueue(newJob('a'));
  const claim = { worker: worker.key, tasks: ['greet'], queues: null, slots: ['w'], ...noSuspects };
  const tokens = [];
  for (let n = 0; n < 2; n += 1) {
    const { jobs } = await seam.call('claim', claim);
    tokens.push(jobs[0]?.lease.token);
    await worker.end(jobs[0] ?? assert.fail(), released);
  }
  assert.notEqual(tokens[0], tokens[1]);
});

test('what has to be done step by step is done though the store closes', async () => {
  const { address } = await freshSchema();
  const store = await openPostgresStore(address, { clock: systemClock, initialize: true });
  const seam = new Seam(store, systemClock as never);
  const worker = await busy(seam);
  await seam.enqueue(newJob('a'), child('b', ['a']));
  const job = await worker.takeOne();
  const settled = worker.end(job, completed);
  await store.close();
  assert.equal(await settled, 'settled');
});

test('a time limit of the driver for queries ends no connection that has been answered', async (t) => {
  const { proxy, address } = await Proxy.before((await freshSchema()).address);
  const limited = new URL(address);
  limited.searchParams.set('query_timeout', '300');
  const store = await openPostgresStore(limited.href, { clock: systemClock, initialize: true });
  t.after(() => store.close());
  const seam = new Seam(store, systemClock as never);
  await seam.enqueue(newJob('first'));
  const ways = [...proxy.ways];
  await seam.enqueue(newJob('second'));
  await pause(600);
  await seam.enqueue(newJob('third'));
  assert.ok(ways.every((way) => proxy.ways.has(way)));
});

test('a statement that could not be prepared, for what was sent with it failed, is prepared later', async (t) => {
  const { seam, proxy, schema } = await opened(t);
  const worker = await busy(seam);
  const leases = [1, 2, 3].map((seq) => ({ seq, token: 1, lane: 1, workflow: null }));
  await query(`BEGIN; LOCK TABLE ${schema}.migrations IN ACCESS EXCLUSIVE MODE`);
  const asked = seam.call('inputs', leases);
  await found(() => isWaiting(schema), 'it to wait');
  await pause(1100);
  await query('COMMIT');
  await asked;
  proxy.asked = '';
  for (let n = 0; n < 8; n += 1) {
    await seam.enqueue(newJob(`after-${n}`));
    await worker.end(await worker.takeOne(), completed);
  }
  assert.match(proxy.asked, /gigq_settle/u);
  assert.doesNotMatch(proxy.asked.slice(proxy.asked.indexOf('after-6')), /BEGIN/u);
});
