// The move from a file to a server: all of it or nothing, once, and nobody is left on the file.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Job, JobQueue, Worker } from 'gigq';
import { doctor, move } from 'gigq/admin';
import { withSweeper } from '../../dist/admin/sweeper.js';
import { systemClock } from '../../dist/store/clock.js';
import { openSqliteSource } from '../../dist/store/sqlite/moving.js';
import { everythingIn, fileOf, fullFile, greet, newPath, tasks } from '../helpers/move-scene.ts';
import { Proxy, type Way } from '../helpers/postgres-proxy.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import { newJob } from '../helpers/store-seam.ts';
import { openSqlite, SqliteSeam } from '../helpers/store-sqlite.ts';
import { read, write } from '../helpers/patient.ts';
import { found, place } from '../helpers/worker-place.ts';

describe('a file with jobs in every state', () => {
  it('moves with all that can be seen of it, and is worked to the end on the server', async () => {
    const path = await fullFile();
    const { address } = await freshSchema();
    const { outcome, tables } = await move(path, address);
    assert.equal(outcome, 'moved');
    const [before, after] = [await everythingIn(path), await everythingIn(address)];
    assert.deepEqual(after, before);
    const { running, total, ...others } = before.statuses;
    assert.deepEqual([running, total], [0, tables.jobs.rows]);
    for (const [status, count] of Object.entries(others)) assert.ok(count > 0, status);
    assert.ok(tables.edges.rows > 0 && tables.executions.rows > 0 && tables.workflows.rows === 2);
    await using worker = new Worker(address, { tasks, handleSignals: false });
    await worker.drain();
    await assertWorked(address);
  });

  it('goes on at its place in the order of insertion, also if the last job is gone', async () => {
    const path = await fullFile();
    const { address, schema } = await freshSchema();
    await using queue = new JobQueue(path);
    await queue.clearCompleted();
    await move(path, address);
    const [last] = await query(`SELECT last_value AS seq FROM ${schema}.jobs_seq_seq`);
    const [newest] = await query(`SELECT max(seq) AS seq FROM ${schema}.jobs`);
    assert.ok(Number(last?.['seq']) > Number(newest?.['seq']));
    await using moved = new JobQueue(address);
    const { id } = await greet.submit(moved, 1);
    assert.equal((await moved.listJobs({ limit: 1 }))[0]?.id, id);
  });
});

async function assertWorked(address: string): Promise<void> {
  await using queue = new JobQueue(address);
  const [open] = await queue.listWorkflows({ limit: 1 });
  const jobs = await queue.listJobs({ workflowId: open?.id ?? '' });
  assert.deepEqual(
    jobs.map(({ task: name, status, result }) => [name, status, result]),
    [
      ['total', 'completed', 42.5],
      ['outcome', 'completed', 'failed'],
      ['hopeless', 'failed', null],
      ['double', 'completed', 42],
    ],
  );
  const [waiting] = await queue.listJobs({ status: 'blocked', task: 'dance' });
  const parent = waiting?.dependencies[0] ?? '';
  assert.equal(await queue.requeueJob(parent), true);
  const dancers = await queue.listJobs({ task: 'dance', status: 'blocked' });
  assert.equal(dancers.filter(({ dependencies }) => dependencies.includes(parent)).length, 2);
}

describe('values', () => {
  it('of any kind arrive as they were', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    const drawn = fc.sample(
      fc.record({
        params: fc
          .jsonValue({ stringUnit: 'binary' })
          .filter((value) => !JSON.stringify(value).includes('__proto__')),
        key: text,
        name: line,
      }),
      { numRuns: 300, seed: 4711 },
    );
    const path = newPath();
    await using queue = new JobQueue(path, { durability: 'relaxed', inPlace: true });
    const jobs = drawn.map(({ params, key, name }) => {
      const value = [withoutMinusZero(params), { [`k${key}\0\ud800`]: '\0\udfff\u2028"\\' }];
      return new Job({ task: greet, params: value, name: name.replaceAll(/\p{C}/gu, '-') });
    });
    const large = ['x'.repeat(1_048_000), 'ÿ'.repeat(500_000)];
    await queue.submitMany([...jobs, ...large.map((params) => new Job({ task: greet, params }))]);
    const { address } = await freshSchema();
    const { tables } = await move(path, address);
    assert.equal(tables.jobs.rows, drawn.length + 2);
    assert.deepEqual(await everythingIn(address), await everythingIn(path));
  });
});

function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('a schema that holds something already is refused, and the file is left as it was', () => {
  async function assertRefused(address: string, code: string, message: RegExp): Promise<void> {
    const path = await fileOf(1);
    await assert.rejects(move(path, address), { code, message });
    await using queue = new JobQueue(path);
    await greet.submit(queue, 1);
  }

  it('such as jobs of its own', async () => {
    const { address } = await freshSchema();
    await using queue = new JobQueue(address);
    await greet.submit(queue, 1);
    await assertRefused(address, 'database_occupied', /holds jobs or workflows already/u);
  });

  it('such as those of another file', async () => {
    const { address } = await freshSchema();
    await move(await fileOf(1), address);
    await assertRefused(address, 'database_occupied', /holds jobs or workflows already/u);
  });

  it('such as tables of others', async () => {
    const { address, schema } = await freshSchema();
    await query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.orders ()`);
    await assertRefused(address, 'database_occupied', /tables that are not of gigq/u);
  });

  it('such as the schema of a newer gigq', async () => {
    const { address, schema } = await freshSchema();
    await using queue = new JobQueue(address);
    await queue.stats();
    await query(`INSERT INTO ${schema}.migrations VALUES (900, 'later', 'x', 0)`);
    await assertRefused(address, 'schema_newer', /has schema 900/u);
  });

  it('but not one that was made for it', async () => {
    const { address } = await freshSchema();
    await using queue = new JobQueue(address);
    await queue.stats();
    assert.equal((await move(await fileOf(1), address)).outcome, 'moved');
    assert.equal((await queue.stats()).total, 1);
  });
});

describe('what cannot move', () => {
  it('is no file, or goes to no server', async () => {
    const { address } = await freshSchema();
    const path = newPath();
    await assert.rejects(move(path, newPath()), { code: 'invalid_option' });
    await assert.rejects(move(address, address), { code: 'invalid_option' });
    await assert.rejects(move(path, address), { code: 'database_missing' });
    await assert.rejects(move(path, address, { wait: '5' as '5s' }), { code: 'invalid_duration' });
  });

  it('is a job that runs though no worker holds it', async () => {
    const path = await fileOf(1);
    write(path, "UPDATE gigq_jobs SET status = 'running'");
    const { address } = await freshSchema();
    await assert.rejects(move(path, address), { code: 'database_invalid', message: /no worker/u });
  });

  it('a dry run only tells', async () => {
    const path = await fileOf(3);
    const { address } = await freshSchema();
    const { outcome, tables } = await move(path, address, { dryRun: true });
    assert.deepEqual([outcome, tables.jobs.rows], ['planned', 3]);
    await assert.rejects(everythingIn(address), { code: 'database_missing' });
    await using queue = new JobQueue(path);
    await greet.submit(queue, 1);
  });
});

describe('workers on the file', () => {
  it('keep it from moving, by name', async (t) => {
    const here = place(t);
    await here.started({ workerId: 'ada', tasks: [greet] });
    const { address } = await freshSchema();
    const expected = { code: 'workers_running', message: /ada \(process \d+ on / };
    await assert.rejects(move(here.database, address), expected);
    await assert.rejects(move(here.database, address, { wait: '0s' }), { code: 'wait_timeout' });
    await greet.submit(here.queue, 1);
  });

  it('are waited for, if that is asked for; then what they left is moved', async (t) => {
    const here = place(t);
    const worker = await here.started({ workerId: 'ada', tasks: [greet] });
    const { address } = await freshSchema();
    let waitsFor: readonly string[] = [];
    const moved = move(here.database, address, {
      wait: '1m',
      onProgress: ({ phase, workers }) => {
        if (phase === 'waiting') waitsFor = workers;
      },
    });
    await found(() => waitsFor[0]?.startsWith('ada (process'), 'whom it waits for');
    const handle = await greet.submit(here.queue, { name: 'Ada' });
    await handle.result();
    await worker.stop();
    assert.equal((await moved).tables.jobs.rows, 1);
    await assert.rejects(here.worker({ tasks: [greet] }).drain(), { code: 'database_moved' });
  });

  it('are watched for their lease if nobody can see them; then their jobs are taken, and counted', async () => {
    const path = newPath();
    const seam = new SqliteSeam(path);
    await seam.enqueue(newJob('held'));
    const elsewhere = { host: 'elsewhere', bootId: 'another', leaseMs: 1000 };
    await (await seam.worker('far', elsewhere)).takeOne();
    await seam.store.close();
    const { address } = await freshSchema();
    await assert.rejects(move(path, address), { code: 'workers_running', message: /elsewhere/u });
    // As a move does that waits, but for a shorter lease of its own.
    await withSweeper(path, { watches: true, leaseMs: 1000 }, async (sweeper) => {
      const isAlone = async (): Promise<boolean> => {
        await sweeper.sweep();
        return (await sweeper.left()).length === 0;
      };
      await found(isAlone, 'the end of its lease');
      await sweeper.leave();
    });
    await move(path, address, { wait: true });
    await using queue = new JobQueue(address);
    const held = await queue.getStatus('held');
    assert.deepEqual([held?.status, held?.expiredLeases], ['pending', 1]);
    assert.equal(held?.executions[0]?.status, 'lost');
  });
});

describe('a worker that comes at the last moment', () => {
  it('keeps the file from being marked, by the transaction that would mark it', async (t) => {
    const path = await fileOf(1);
    const seam = openSqlite(t, path);
    const source = await openSqliteSource(path, systemClock);
    t.after(() => source.close());
    const worker = await seam.worker('late');
    const to = { to: 'elsewhere', landing: null };
    assert.equal(await source.begin(to), null);
    await worker.leave();
    assert.equal((await source.begin(to))?.to, 'elsewhere');
    await assert.rejects(seam.worker('later'), { code: 'database_moved' });
  });
});

const waitedFor = `SELECT FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = $1 AND NOT granted`;

describe('who has the new address already', () => {
  it('waits until all is there, and comes after it', async (t) => {
    const path = await fileOf(2);
    const { address, schema } = await freshSchema();
    const there = place(t, address);
    await there.queue.stats();
    const { proxy, address: byProxy } = await Proxy.before(address);
    const commit = Promise.withResolvers<Way>();
    const moved = move(path, byProxy, {
      onProgress: ({ phase }) => {
        if (phase === 'compared') commit.resolve(proxy.next('COMMIT'));
      },
    });
    const way = await commit.promise;
    const submitted = greet.submit(there.queue, 'new');
    await found(
      async () => (await query(waitedFor, [schema])).length > 0,
      'a lock that is waited for',
    );
    way.release();
    const { id } = await submitted;
    assert.equal((await moved).tables.jobs.rows, 2);
    assert.equal((await there.queue.listJobs({ limit: 1 }))[0]?.id, id);
  });
});

describe('who has the file open when it moves', () => {
  it('writes nothing even at the same moment', async (t) => {
    // By the clock of the tests no time passes: the look that is left is the one inside of the transaction.
    const path = await fileOf(1);
    const seam = openSqlite(t, path);
    await seam.enqueue(newJob('before'));
    await move(path, (await freshSchema()).address);
    await assert.rejects(seam.enqueue(newJob('after')), { code: 'database_moved' });
    assert.equal(seam.rows('SELECT id FROM gigq_jobs').length, 2);
  });

  it('is told where to, without the password, whatever is called; looking goes on', async (t) => {
    const here = place(t);
    const handle = await greet.submit(here.queue, 1);
    const waiting = assert.rejects(handle.result(), { code: 'database_moved' });
    const { address, schema } = await freshSchema();
    await move(here.database, address);
    await waiting;
    const refused = {
      code: 'database_moved',
      message: new RegExp(`was moved to postgres://[^@]*/postgres\\?schema=${schema}:`, 'u'),
    };
    await assert.rejects(greet.submit(here.queue, 1), refused);
    await assert.rejects(here.queue.cancel(handle.id), refused);
    await assert.rejects(here.queue.why(handle.id), refused);
    await assert.rejects(here.worker({ tasks: [greet] }).start(), refused);
    assert.equal((await here.queue.stats()).pending, 1);
    assert.equal(await handle.status(), 'pending');
  });

  it('is told in a transaction of its own as well', async (t) => {
    const here = place(t);
    await greet.submit(here.queue, 1);
    const tx = new DatabaseSync(here.database);
    t.after(() => tx.close());
    await move(here.database, (await freshSchema()).address);
    tx.exec('BEGIN IMMEDIATE');
    await assert.rejects(greet.submit(here.queue, 1, { tx }), { code: 'database_moved' });
    tx.exec('COMMIT');
  });

  it('is told by the doctor, who repairs nothing then', async () => {
    const path = await fileOf(1);
    await move(path, (await freshSchema()).address);
    write(path, 'UPDATE gigq_lanes SET pending = 7');
    const { findings } = await doctor(path, { fix: true });
    assert.deepEqual(
      findings.map(({ code, fixed }) => [code, fixed]),
      [['database_moved', false]],
    );
  });

  it('and is an older gigq takes it for a newer schema, and writes nothing either', async () => {
    const path = await fileOf(1);
    await move(path, (await freshSchema()).address);
    const [version] = read(path, 'SELECT max(version) FROM gigq_migrations');
    assert.ok(Number(version) > 900);
  });
});
