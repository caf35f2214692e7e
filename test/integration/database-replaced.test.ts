// A database whose files are taken away or replaced under the programs that use it: nothing is acknowledged any more.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { type GigqError, JobQueue, task } from 'gigq';
import {
  assertCommandEnds,
  assertIdleWorkerEnds,
  greet,
  type Happening,
} from '../helpers/database-lost.ts';
import { within } from '../helpers/store-process.ts';
import { newJob, runAll, unit } from '../helpers/store-seam.ts';
import { openSqlite, temporaryFolder } from '../helpers/store-sqlite.ts';
import { next, place } from '../helpers/worker-place.ts';

/** Makes a backup as SQLite does, for nobody may open the file otherwise while this process has it open. */
function backUp(path: string): string {
  const backup = join(dirname(path), 'backup.db');
  const database = new DatabaseSync(path);
  database.prepare('VACUUM INTO ?').run(backup);
  database.close();
  return backup;
}

const ways: Readonly<Record<string, Happening>> = {
  'is removed': unlinkSync,
  'is moved away': (path) => renameSync(path, `${path}.old`),
  'goes with its folder': (path) => renameSync(dirname(path), `${dirname(path)}-moved`),
  'is replaced by a backup': (path) => renameSync(backUp(path), path),
  'loses its -wal': (path) => unlinkSync(`${path}-wal`),
  'loses its -shm': (path) => unlinkSync(`${path}-shm`),
};

/** A database with one job, in a folder inside of one that can be looked at afterwards. */
async function openedQueue(t: TestContext): Promise<{ queue: JobQueue; database: string }> {
  const database = join(temporaryFolder(), 'jobs.db');
  const queue = new JobQueue(database);
  t.after(() => queue.close());
  await greet.submit(queue);
  return { queue, database };
}

describe('a database that', () => {
  for (const [what, happen] of Object.entries(ways)) {
    it(`${what} takes no job more from a queue that has it open`, async (t) => {
      const { queue, database } = await openedQueue(t);
      happen(database);
      await assert.rejects(greet.submit(queue), {
        code: 'database_replaced',
        message: /jobs\.db.* was removed or replaced while it was open/u,
        hint: /Stop every worker/u,
      });
    });

    it(`${what} during a commit does not acknowledge it`, async (t) => {
      const seam = openSqlite(t, join(temporaryFolder(), 'jobs.db'));
      await seam.enqueue(newJob('before'));
      // By the clock of the tests no time passes: the look that is left is the one between the commit and its answers.
      happen(seam.connection.path);
      const units = ['a', 'b'].map((id) => unit('enqueue', [newJob(id)]));
      const answers = await runAll(seam.store, [...units, unit('counts', null)]);
      assert.deepEqual(
        answers.map((answer) => answer.ok || (answer.error as GigqError).code),
        ['database_replaced', 'database_replaced', 'database_replaced'],
      );
    });
  }

  it('was replaced stays refused, put back or not, until it is opened again', async (t) => {
    const { queue, database } = await openedQueue(t);
    renameSync(database, `${database}.old`);
    await assert.rejects(greet.submit(queue), { code: 'database_replaced' });
    renameSync(`${database}.old`, database);
    await assert.rejects(queue.stats(), { code: 'database_replaced' });
    await queue.close();
    await using again = new JobQueue(database);
    await greet.submit(again);
    assert.equal((await again.stats()).pending, 3);
  });

  it('is removed is not read any more, a second later at the latest', async (t) => {
    const seam = openSqlite(t, join(temporaryFolder(), 'jobs.db'));
    await seam.enqueue(newJob('a'));
    unlinkSync(seam.connection.path);
    await seam.clock.advance(1000);
    await assert.rejects(seam.job('a'), { code: 'database_replaced' });
  });

  it('is removed wakes whoever waits for work or for changes, so that they look', async (t) => {
    const seam = openSqlite(t, join(temporaryFolder(), 'jobs.db'));
    await seam.enqueue(newJob('a'));
    const heard: string[] = [];
    seam.store.subscribe('work', ({ type }) => heard.push(type));
    seam.store.subscribe('change', ({ type }) => heard.push(type));
    await seam.clock.advance(5000);
    assert.deepEqual(heard, []);
    unlinkSync(seam.connection.path);
    await seam.clock.advance(1100);
    assert.deepEqual(heard, ['work', 'change']);
  });

  it('has only been written, checkpointed and opened by others stays as good as it was', async (t) => {
    const { queue, database } = await openedQueue(t);
    for (const mode of ['PASSIVE', 'TRUNCATE']) {
      const other = new DatabaseSync(database);
      other.exec(`UPDATE gigq_jobs SET description = '${mode}'; PRAGMA wal_checkpoint(${mode})`);
      other.close();
      await greet.submit(queue);
    }
    assert.equal((await queue.stats()).pending, 3);
  });
});

describe('a worker whose database', () => {
  for (const [what, happen] of Object.entries(ways)) {
    it(`${what} stops within two seconds, idle as it is`, async (t) => {
      await assertIdleWorkerEnds(t, happen, 'database_replaced');
    });
  }

  it('is removed stops its handlers and rejects', async (t) => {
    const here = place(t);
    const reasons: unknown[] = [];
    const wait = task('wait', async (_: {}, { signal }) => {
      await once(signal, 'abort');
      reasons.push((signal.reason as { code: unknown }).code);
    });
    const worker = here.worker({ pollingInterval: '1h', tasks: [wait] });
    const running = worker.start();
    await wait.submit(here.queue);
    await next(worker, 'started');
    unlinkSync(here.database);
    await assert.rejects(within(5000, running, 'the end of the worker'), {
      code: 'database_replaced',
    });
    assert.deepEqual(reasons, ['lease_lost']);
  });

  it('is removed while jobs end, one after the other, records none of them from then on', async (t) => {
    const here = place(t);
    const worker = here.worker({ tasks: [greet], concurrency: 2 });
    const running = worker.start();
    await greet.submitMany(
      here.queue,
      Array.from({ length: 500 }, () => ({})),
    );
    await next(worker, 'completed');
    unlinkSync(here.database);
    await assert.rejects(within(5000, running, 'the end of the worker'), {
      code: 'database_replaced',
    });
  });
});

it('gigq worker ends with 1 and says why', async (t) => {
  const why = /gigq\.db was removed or replaced.*\[database_replaced\]/u;
  await assertCommandEnds(t, unlinkSync, why);
});
