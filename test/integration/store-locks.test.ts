// SQLite's locks, with the clock in the test's hands: who waits, how long, and what is left when it was for nothing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { decide } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import type { Answer, Claim, Unit } from '../../dist/store/store.js';
import { Child } from '../helpers/store-process.ts';
import {
  anyJob,
  completed,
  newJob,
  newJobs,
  noSuspects,
  replyOf,
  runAll,
  type SeamWorker,
  slots,
  unit,
} from '../helpers/store-seam.ts';
import { openSqlite, type SqliteSeam, temporaryFolder } from '../helpers/store-sqlite.ts';
import { turn } from '../helpers/store-turn.ts';

interface Rival {
  readonly seam: SqliteSeam;
  /** Another connection to the file. */
  readonly other: DatabaseSync;
  /** Where turns are asked for. */
  readonly turnFile: string;
}

function withRival(scope: TestContext): Rival {
  const path = join(temporaryFolder(), 'jobs.db');
  const seam = openSqlite(scope, path);
  const other = new DatabaseSync(path);
  scope.after(() => {
    other.close();
  });
  return { seam, other, turnFile: `${path}-turn` };
}

function codeOf(answer: Answer | undefined): unknown {
  return answer?.ok === false ? (answer.error as { code?: unknown }).code : 'answered';
}

async function isAnswered(call: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([call.then(() => true), turn()])) ?? false;
}

function everyWrite({ key }: SeamWorker, [job, next]: readonly ClaimedJob[]): Unit[] {
  return [
    unit('settle', [decide(job!, completed, 0)]),
    unit('progress', [{ lease: next!.lease, progress: { done: 1, total: 2, message: null } }]),
    unit('cancel', ['job-2']),
    unit('requeue', ['job-2']),
    unit('prune', { before: null, after: null }),
    unit('renew', { ...key, stopping: false }),
    unit('claim', { worker: key, tasks: ['greet'], queues: null, slots: slots(1), ...noSuspects }),
    unit('enqueue', [newJob('job-0')]),
    unit('expired', { ...key, beat: 0 }),
    unit('leave', key),
  ];
}

describe('while another connection holds the write lock', () => {
  test('a write waits as long as it may, is refused, and has changed nothing', async (scope) => {
    const { seam, other } = withRival(scope);
    await seam.enqueue(newJob('before'));
    other.exec('BEGIN IMMEDIATE');
    const call = runAll(seam.store, [unit('enqueue', newJobs(3), { waitMs: 500 })]);
    await seam.clock.advance(499);
    assert.equal(await isAnswered(call), false);
    await seam.clock.advance(4);
    const [answer] = await call;
    assert.equal(codeOf(answer), 'database_busy');
    other.exec('COMMIT');
    assert.deepEqual(await seam.counted(), { pending: 1 });
    assert.deepEqual(await seam.enqueue(...newJobs(3)), ['stored', 'stored', 'stored']);
  });

  test('who has waited for 150 ms asks for a turn in a file beside the database', async (scope) => {
    const { seam, other, turnFile } = withRival(scope);
    other.exec('BEGIN IMMEDIATE');
    const call = runAll(seam.store, [unit('enqueue', newJobs(1))]);
    await seam.clock.advance(150);
    assert.equal(existsSync(turnFile), false);
    await seam.clock.advance(10);
    const askedAt = readFileSync(turnFile).readDoubleLE();
    assert.ok(Math.abs(seam.clock.mono() - askedAt) <= 3);
    other.exec('COMMIT');
    await seam.clock.advance(3);
    assert.equal(codeOf((await call)[0]), 'answered');
  });

  test('who has not gives way to somebody else who asks, for a moment', async (scope) => {
    const { seam, other, turnFile } = withRival(scope);
    other.exec('BEGIN IMMEDIATE');
    const call = runAll(seam.store, [unit('enqueue', newJobs(1))]);
    writeFileSync(turnFile, new Float64Array([seam.clock.mono() + 4]));
    other.exec('COMMIT');
    await seam.clock.advance(8);
    assert.equal(await isAnswered(call), false);
    await seam.clock.advance(20);
    assert.equal(await isAnswered(call), true);
  });

  test('each call keeps its own deadline', async (scope) => {
    const { seam, other } = withRival(scope);
    other.exec('BEGIN IMMEDIATE');
    const calls = [10, 300, 40_000].map((waitMs, id) => {
      return runAll(seam.store, [unit('enqueue', [newJob(`job-${id}`)], { waitMs, caller: id })]);
    });
    await seam.clock.advance(20);
    assert.deepEqual(await Promise.all(calls.map(isAnswered)), [true, false, false]);
    await seam.clock.advance(300);
    assert.deepEqual(await Promise.all(calls.map(isAnswered)), [true, true, false]);
    other.exec('COMMIT');
    await seam.clock.advance(3);
    const codes = (await Promise.all(calls)).map(([answer]) => codeOf(answer));
    assert.deepEqual(codes, ['database_busy', 'database_busy', 'answered']);
    assert.deepEqual(
      (await seam.everyJob()).map(({ id }) => id),
      ['job-2'],
    );
  });

  test('every kind of write waits, and all are done in order when the lock is free', async (scope) => {
    const { seam, other } = withRival(scope);
    await seam.enqueue(...newJobs(4));
    const worker = await seam.worker();
    const writes = everyWrite(worker, await worker.take(2));
    other.exec('BEGIN IMMEDIATE');
    const call = runAll(seam.store, writes);
    await seam.clock.advance(100);
    assert.equal(await isAnswered(call), false);
    other.exec('COMMIT');
    await seam.clock.advance(3);
    const replies = (await call).map((answer) => replyOf(answer));
    const [settled, progress, cancelled, requeued, pruned, renewed, claimed, ...rest] = replies;
    assert.deepEqual([settled, progress, cancelled], [['settled'], [true], [true]]);
    assert.deepEqual([requeued, pruned, renewed], [[true], { removed: 1, next: null }, true]);
    assert.equal((claimed as Claim).jobs.length, 1);
    assert.deepEqual(rest, [['stored'], [], undefined]);
  });

  test('time is read when the lock is had, not when it was asked for', async (scope) => {
    const { seam, other } = withRival(scope);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    other.exec('BEGIN IMMEDIATE');
    const claim = {
      worker: worker.key,
      tasks: ['greet'],
      queues: null,
      slots: slots(1),
      ...noSuspects,
    };
    const later = newJob('b', { due: { afterMs: 1000 } });
    const call = runAll(seam.store, [unit('claim', claim), unit('enqueue', [later])]);
    await seam.clock.advance(500);
    other.exec('COMMIT');
    await seam.clock.advance(3);
    await call;
    const now = seam.clock.wall();
    const { startedAtMs } = await seam.job('a');
    assert.ok(startedAtMs !== null && now - startedAtMs <= 3);
    const { runAtMs } = await seam.job('b');
    assert.ok(runAtMs !== null && runAtMs - now > 990);
  });

  test('all reads go on, and so does a claim that finds nothing to take', async (scope) => {
    const { seam, other } = withRival(scope);
    const worker = await seam.worker();
    await seam.enqueue(newJob('a', { task: 'alien' }));
    other.exec('BEGIN IMMEDIATE');
    const writing = runAll(seam.store, [unit('cancel', ['a'])]);
    const list = {
      ...anyJob,
      limit: 5,
      before: null,
    };
    const reads = [
      unit('get', 'a', { caller: 2 }),
      unit('list', list, { caller: 2 }),
      unit('counts', null, { caller: 3 }),
      unit('executions', 'a', { caller: 2 }),
      unit('outcomes', ['a'], { caller: 2 }),
      unit('workers', null, { caller: 4 }),
      unit('held', worker.key, { caller: 2 }),
      unit(
        'claim',
        { worker: worker.key, tasks: ['greet'], queues: null, slots: slots(1), ...noSuspects },
        { caller: 5 },
      ),
    ];
    const answers = await runAll(seam.store, reads);
    assert.ok(answers.every(({ ok }) => ok));
    assert.equal(await isAnswered(writing), false);
    other.exec('COMMIT');
    await seam.clock.advance(3);
    await writing;
  });

  test('what the other has not committed is not seen, and what it has is', async (scope) => {
    const { seam, other } = withRival(scope);
    await seam.enqueue(newJob('a'));
    other.exec("BEGIN IMMEDIATE; UPDATE gigq_jobs SET name = 'renamed'");
    assert.equal((await seam.job('a')).name, 'greet');
    other.exec('COMMIT');
    assert.equal((await seam.job('a')).name, 'renamed');
  });
});

describe('a store', () => {
  test('holds no lock between two calls, neither to read nor to write', async (scope) => {
    const { seam, other } = withRival(scope);
    await seam.enqueue(...newJobs(3));
    const worker = await seam.worker();
    await worker.take(2);
    await seam.everything();
    other.exec('BEGIN EXCLUSIVE; UPDATE gigq_jobs SET priority = 1; COMMIT');
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    assert.equal(other.prepare('PRAGMA wal_checkpoint').get()?.['busy'], 0);
  });

  test('keeps its lock while the same file is opened and closed beside it', async (scope) => {
    const { seam } = withRival(scope);
    seam.connection.begin();
    const beside = openSqlite(scope, seam.connection.path);
    await beside.call('counts', null);
    await beside.store.close();
    const child = new Child(scope, 'tryLock', { path: seam.connection.path });
    assert.equal(await child.next(), 'locked out');
    seam.connection.rollback();
  });

  test('has the write lock from the beginning of a transaction, not from its first write', (scope) => {
    const { seam, other } = withRival(scope);
    seam.connection.begin();
    assert.throws(() => other.exec('BEGIN IMMEDIATE'), /locked/u);
    seam.connection.rollback();
    other.exec('BEGIN IMMEDIATE; COMMIT');
  });

  test('leaves nothing behind of a unit that broke, not even a count', async (scope) => {
    const { seam, other } = withRival(scope);
    const unstorable = newJob('b', { queue: 'new', priority: 'high' as unknown as number });
    await assert.rejects(seam.enqueue(newJob('a', { queue: 'new' }), unstorable));
    assert.equal(other.prepare('SELECT count(*) AS n FROM gigq_lanes').get()?.['n'], 0);
    await seam.enqueue(newJob('a', { queue: 'new' }));
    const lanes = other.prepare('SELECT queue, pending FROM gigq_lanes').all();
    assert.deepEqual(
      lanes.map((lane) => Object.values(lane)),
      [['new', 1]],
    );
  });

  test('leases no more in one transaction than is soon written, and says that there is more', async (scope) => {
    const { seam } = withRival(scope);
    const params = JSON.stringify('x'.repeat(200_000));
    const ids = newJobs(30).map(({ id }) => id);
    await seam.enqueue(...ids.map((id) => newJob(id, { params })));
    const worker = await seam.worker();
    const first = await worker.claim({ slots: slots(50) });
    assert.ok(first.jobs.length < 25, `${first.jobs.length} jobs`);
    assert.equal(first.nextDueMs, 0);
    const second = await worker.claim({ slots: slots(50) });
    assert.equal(second.nextDueMs, null);
    assert.deepEqual(
      [...first.jobs, ...second.jobs].map(({ id }) => id),
      ids,
    );
  });

  test('an idle claim commits nothing that another connection could notice', async (scope) => {
    const { seam, other } = withRival(scope);
    const worker = await seam.worker();
    await seam.enqueue(newJob('later', { due: { afterMs: 5000 } }));
    const version = (): unknown => other.prepare('PRAGMA data_version').get()?.['data_version'];
    const before = version();
    for (let poll = 0; poll < 10; poll += 1) await worker.claim();
    assert.equal(version(), before);
    await seam.clock.advance(5000);
    await worker.claim();
    assert.notEqual(version(), before);
  });
});

describe('a database that is full', () => {
  test('refuses what does not fit, keeps what it has, and goes on when there is room', async (scope) => {
    const { seam } = withRival(scope);
    await seam.enqueue(newJob('kept'));
    const pages = Number(seam.rows('PRAGMA page_count')[0]?.['page_count']);
    seam.connection.execute(`PRAGMA max_page_count = ${pages + 4}`);
    const large = newJobs(50, { params: JSON.stringify('x'.repeat(4000)) });
    const [refused, cancelled] = await runAll(seam.store, [
      unit('enqueue', large),
      unit('cancel', ['kept']),
    ]);
    assert.equal(codeOf(refused), 'database_full');
    assert.equal(codeOf(cancelled), 'answered');
    assert.deepEqual(await seam.counted(), { cancelled: 1 });
    seam.connection.execute('PRAGMA max_page_count = 100000');
    assert.equal((await seam.enqueue(...large)).length, 50);
    assert.deepEqual(await seam.counted(), { cancelled: 1, pending: 50 });
    assert.deepEqual(
      seam.rows('PRAGMA integrity_check').map((row) => Object.values(row)),
      [['ok']],
    );
  });
});
