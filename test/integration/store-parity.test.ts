// The faults of the original that a store can have, by their numbers in the list of parity: ours has none of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { decide } from '../../dist/core/decide.js';
import { Child } from '../helpers/store-process.ts';
import {
  completed,
  failed,
  failedForGood,
  newJob,
  newJobs,
  slots,
  timedOut,
} from '../helpers/store-seam.ts';
import { openSqlite, temporaryFolder } from '../helpers/store-sqlite.ts';

const day = 86_400_000;
const everything = { before: null, after: null } as const;

describe('parity', () => {
  test('#2: first in, first out goes by the submit, not by when a job was made or by its clock', async (scope) => {
    const seam = openSqlite(scope);
    const [made, madeLater] = [newJob('made first'), newJob('made second')];
    await seam.enqueue(madeLater);
    seam.clock.setWall(-day);
    await seam.enqueue(made);
    const worker = await seam.worker();
    assert.deepEqual(
      (await worker.take(2)).map(({ id }) => id),
      ['made second', 'made first'],
    );
  });

  test('#5: priority is honoured among all jobs, retried, requeued and scheduled ones too', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(
      newJob('plain', { priority: 1 }),
      newJob('retried', { priority: 2 }),
      newJob('requeued', { priority: 3 }),
      newJob('scheduled', { priority: 4, due: { afterMs: 10 } }),
    );
    await seam.call('cancel', ['requeued']);
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    await seam.call('requeue', ['requeued']);
    await seam.clock.advance(10);
    const ids = (await worker.take(4)).map(({ id }) => id);
    assert.deepEqual(ids, ['scheduled', 'requeued', 'retried', 'plain']);
  });

  test('#20: foreign keys are enforced', (scope) => {
    const seam = openSqlite(scope, join(temporaryFolder(), 'jobs.db'));
    const orphan = "INSERT INTO gigq_executions VALUES (99, 1, 1, 1, 'w', 'completed', 0, 0, NULL)";
    assert.throws(() => {
      seam.connection.execute(orphan);
    }, /FOREIGN KEY/u);
  });

  test('#21: a reader with a wrong path makes no database', async (scope) => {
    const path = join(temporaryFolder(), 'jobs.db');
    const child = new Child(scope, 'use', { path, initialize: false });
    const told = { wrote: 'database_missing', looked: 'database_missing', modes: {} };
    assert.deepEqual(await child.next(), told);
  });

  test('#23: jobs that wait, that are scheduled and that run can be cancelled', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('running'), newJob('later', { due: { afterMs: day } }));
    await (await seam.worker()).takeOne();
    await seam.enqueue(newJob('pending'));
    const ids = ['running', 'later', 'pending'];
    assert.deepEqual(await seam.call('cancel', ids), [true, true, true]);
    assert.deepEqual(await seam.counted(), { cancelled: 3 });
  });

  test('#23: a cancelled job says when it was cancelled', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    await seam.clock.advance(1234);
    await seam.call('cancel', ['a']);
    assert.equal((await seam.job('a')).completedAtMs, seam.clock.wall());
  });

  test('#28: clearing by age also clears cancelled jobs', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    await seam.call('cancel', ['a']);
    await seam.clock.advance(2 * day);
    const { removed } = await seam.call('prune', { before: { agoMs: day }, after: null });
    assert.equal(removed, 1);
  });

  test('#28: clearing leaves no executions of jobs that are gone', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    await worker.end(await worker.takeOne(), completed);
    await seam.call('prune', everything);
    assert.equal(seam.rows('SELECT count(*) AS n FROM gigq_executions')[0]?.['n'], 0);
  });

  test('#30: a job that was requeued waits for no delay of its former life', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a', { retry: { delay: '1h' } }));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    await seam.call('cancel', ['a']);
    await seam.call('requeue', ['a']);
    assert.equal((await worker.takeOne()).id, 'a');
  });

  test('#30: a job that was requeued shows nothing of its former life but its executions', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a', { maxAttempts: 1 }));
    const fresh = await seam.job('a');
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failedForGood);
    await seam.call('requeue', ['a']);
    assert.deepEqual(await seam.job('a'), fresh);
    assert.equal((await seam.call('executions', 'a')).count, 1);
  });

  test('#30: timed-out and cancelled jobs can be requeued, not only failed ones', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(...newJobs(3, { maxAttempts: 1 }));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failedForGood);
    await worker.end(await worker.takeOne(), timedOut);
    await seam.call('cancel', ['job-2']);
    const ids = newJobs(3).map(({ id }) => id);
    assert.deepEqual(await seam.call('requeue', ids), [true, true, true]);
  });

  test('#37: a claim that finds nothing takes no lock and writes nothing', async (scope) => {
    const path = join(temporaryFolder(), 'jobs.db');
    const seam = openSqlite(scope, path);
    const worker = await seam.worker();
    const holder = new DatabaseSync(path);
    scope.after(() => {
      holder.close();
    });
    holder.exec('BEGIN IMMEDIATE');
    const claimed = await worker.claim();
    assert.deepEqual(claimed.jobs, []);
  });

  test('#37: no stream of new jobs keeps an older one from its turn, whatever its task and queue', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('older', { task: 'other', queue: 'quiet' }));
    await seam.enqueue(...newJobs(500, { queue: 'busy' }));
    const worker = await seam.worker();
    const { jobs } = await worker.claim({ tasks: ['greet', 'other'], slots: slots(1) });
    assert.equal(jobs[0]?.id, 'older');
  });

  test('#41: the stack of an error is kept, also of one with an empty message', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const error = { name: 'TypeError', message: '', stack: 'TypeError\n    at work (work.ts:1:1)' };
    await worker.end(await worker.takeOne(), { kind: 'failed', error, final: true });
    assert.deepEqual((await seam.job('a')).error, error);
  });

  test("#43: a zombie's late success does not overwrite a newer attempt", async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    const [zombie, healthy] = [await seam.worker('zombie'), await seam.worker('healthy')];
    const stale = await zombie.takeOne();
    await zombie.reap();
    const current = await healthy.takeOne();
    const late = { kind: 'completed', result: '"late"' } as const;
    assert.equal(await zombie.end(stale, late), 'lost');
    assert.equal(await seam.statusOf('a'), 'running');
    await healthy.end(current, { kind: 'completed', result: '"right"' });
    assert.equal(await zombie.end(stale, late), 'lost');
    assert.equal((await seam.job('a')).result, '"right"');
  });

  test("#43: a zombie's late failure does not bring a completed job back", async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    const [zombie, healthy] = [await seam.worker('zombie'), await seam.worker('healthy')];
    const stale = await zombie.takeOne();
    await zombie.reap();
    await healthy.end(await healthy.takeOne(), completed);
    assert.equal(await zombie.end(stale, failed), 'lost');
    assert.equal(await seam.statusOf('a'), 'completed');
  });

  test('#43: a job that was cancelled is not completed by whoever ran it', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const job = await worker.takeOne();
    await seam.call('cancel', ['a']);
    assert.equal(await worker.end(job, completed), 'lost');
    assert.equal(await seam.statusOf('a'), 'cancelled');
  });

  test('#44: the job of a worker that is gone waits for no time-out, and loses no attempt', async (scope) => {
    const seam = openSqlite(scope);
    await seam.enqueue(newJob('a', { maxAttempts: 1, timeout: null }));
    const worker = await seam.worker('gone');
    await worker.takeOne();
    await worker.reap();
    assert.equal((await (await seam.worker('next')).takeOne()).attempts, 1);
  });

  test('#45: a result that cannot be recorded for a lock is refused by a code, and can be sent again', async (scope) => {
    const path = join(temporaryFolder(), 'jobs.db');
    const seam = openSqlite(scope, path);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const job = await worker.takeOne();
    const holder = new DatabaseSync(path);
    scope.after(() => {
      holder.close();
    });
    holder.exec('BEGIN IMMEDIATE');
    const call = seam.call('settle', [decide(job, completed, 0)], { waitMs: 100 });
    const refused = assert.rejects(call, { code: 'database_busy' });
    await seam.clock.advance(103);
    await refused;
    holder.exec('COMMIT');
    assert.equal(await worker.end(job, completed), 'settled');
  });

  test('#46: neither a time zone nor a change of the clock shifts order, retries or what is shown', async (scope) => {
    const seam = openSqlite(scope);
    const zone = process.env['TZ'];
    scope.after(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });
    process.env['TZ'] = 'America/New_York';
    await seam.enqueue(newJob('a', { due: { afterMs: 3_600_000 } }), newJob('b'));
    const before = await seam.everything();
    process.env['TZ'] = 'Asia/Tokyo';
    assert.deepEqual(await seam.everything(), before);
    const worker = await seam.worker();
    const claimed = await worker.claim({ slots: slots(2) });
    assert.deepEqual([claimed.jobs.map(({ id }) => id), claimed.nextDueMs], [['b'], 3_600_000]);
    const types = seam.rows(
      'SELECT DISTINCT typeof(run_at) AS type FROM gigq_jobs WHERE run_at NOT NULL',
    );
    assert.deepEqual(
      types.map(({ type }) => type),
      ['integer'],
    );
  });
});
