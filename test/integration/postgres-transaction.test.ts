// Jobs that are stored in the caller's own transaction on PostgreSQL: there if, and once, it is committed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { type GigqError, Job, JobQueue, task, Worker, Workflow } from 'gigq';
import pg from 'pg';
import { freshSchema, query } from '../helpers/store-postgres.ts';

const greet = task('greet', async ({ name }: { name: string }) => `Hello, ${name}!`);

/** A queue on a schema of its own, and a client of the application's. */
async function scene(t: TestContext): Promise<{ queue: JobQueue; client: pg.Client }> {
  const { address } = await freshSchema();
  const queue = new JobQueue(address);
  const client = new pg.Client({ connectionString: withoutSchema(address) });
  await client.connect();
  t.after(async () => {
    await client.end();
    await queue.close();
  });
  return { queue, client };
}

function withoutSchema(address: string): string {
  const url = new URL(address);
  url.searchParams.delete('schema');
  return url.href;
}

/** A database of its own on the server of the tests. */
async function anotherDatabase(
  t: TestContext,
): Promise<{ readonly address: string; readonly database: string }> {
  const { address, schema: database } = await freshSchema();
  await query(`CREATE DATABASE ${database}`);
  t.after(() => query(`DROP DATABASE ${database} WITH (FORCE)`));
  const url = new URL(address);
  url.pathname = database;
  return { address: url.href, database };
}

async function refused(submitted: Promise<unknown>, code: string, says: RegExp): Promise<void> {
  await assert.rejects(submitted, (error: GigqError) => {
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, says);
    return true;
  });
}

describe('a job submitted in a transaction on PostgreSQL', () => {
  it('is stored with what else that commits, and makes the schema that is missing', async (t) => {
    const { queue, client } = await scene(t);
    await client.query('BEGIN');
    const handle = await greet.submit(queue, { name: 'Ada' }, { tx: client, priority: 5 });
    assert.equal(await queue.getStatus(handle.id), undefined);
    await client.query('COMMIT');
    const info = await queue.getStatus(handle.id);
    assert.deepEqual([info?.status, info?.priority, info?.params], ['pending', 5, { name: 'Ada' }]);
  });

  it('is gone with what else that rolls back', async (t) => {
    const { queue, client } = await scene(t);
    await client.query('BEGIN');
    await greet.submit(queue, { name: 'Ada' }, { tx: client });
    await client.query('ROLLBACK');
    await client.query('BEGIN');
    await greet.submit(queue, { name: 'Bob' }, { tx: client });
    await client.query('COMMIT');
    assert.equal((await queue.stats()).total, 1);
  });

  it('starts soon after the commit, without a poll', async (t) => {
    const { queue, client } = await scene(t);
    const options = { tasks: [greet], pollingInterval: '1h', handleSignals: false } as const;
    await using worker = new Worker(queue, options);
    const idle = once(worker, 'idle');
    const stopped = worker.start();
    await idle;
    await client.query('BEGIN');
    const handle = await greet.submit(queue, { name: 'Ada' }, { tx: client });
    await client.query('COMMIT');
    assert.equal(await handle.result({ timeout: '10s' }), 'Hello, Ada!');
    await worker.stop();
    await stopped;
  });

  it('may be one of many, and a whole workflow with a parent that has ended badly', async (t) => {
    const { queue, client } = await scene(t);
    const parent = await queue.submit(new Job({ task: greet, params: { name: 'x' } }));
    await parent.cancel();
    const workflow = new Workflow('two');
    const first = workflow.addTask(greet, { name: 'Ada' });
    workflow.addTask(greet, { name: first.result });
    await client.query('BEGIN');
    await greet.submitMany(queue, [{ name: 'Ada' }, { name: 'Bob' }], { tx: client });
    const down = new Job({ task: greet, params: { name: 'y' }, dependencies: [parent.id] });
    const [taken] = await queue.submitMany([down], { tx: client });
    const handle = await workflow.submitAll(queue, { tx: client });
    await client.query('COMMIT');
    assert.equal(await taken?.status(), 'cancelled');
    await using worker = new Worker(queue, { tasks: [greet] });
    assert.equal(await worker.drain(), 4);
    assert.deepEqual((await handle.status()).status, 'completed');
  });

  it('refuses its input alone: the transaction goes on', async (t) => {
    const { queue, client } = await scene(t);
    await client.query('BEGIN');
    const orphan = new Job({ task: greet, params: { name: 'x' }, dependencies: ['no-such-job'] });
    const jobs = [new Job({ task: greet, params: { name: 'y' } }), orphan];
    await refused(queue.submitMany(jobs, { tx: client }), 'parent_missing', /no-such-job/u);
    await greet.submit(queue, { name: 'Ada' }, { tx: client });
    await client.query('COMMIT');
    assert.equal((await queue.stats()).total, 1);
  });

  it('asks its client for one thing after the other, however many are submitted at a time', async (t) => {
    const { queue, client } = await scene(t);
    await queue.stats();
    let open = 0;
    let most = 0;
    const counting = {
      query: async (sql: string, values: readonly unknown[]) => {
        open += 1;
        most = Math.max(most, open);
        const answer = await client.query(sql, [...values]);
        open -= 1;
        return answer;
      },
    };
    await client.query('BEGIN');
    const names = ['Ada', 'Bob', 'Cleo', 'Dora'];
    await Promise.all(names.map((name) => greet.submit(queue, { name }, { tx: counting })));
    await client.query('COMMIT');
    assert.equal(most, 1);
    assert.equal((await queue.stats()).pending, names.length);
  });

  it('is stored whatever is submitted beside it, and refused, and by whatever object', async (t) => {
    const { queue, client } = await scene(t);
    await client.query('CREATE TEMPORARY TABLE own (n integer)');
    await client.query('BEGIN');
    const orphan = { tx: client, dependencies: ['no-such-job'] };
    const another = {
      query: (sql: string, values: readonly unknown[]) => client.query(sql, [...values]),
    };
    const submitted = await Promise.allSettled([
      greet.submit(queue, { name: 'Ada' }, { tx: client }),
      greet.submit(queue, { name: 'x' }, orphan),
      greet.submit(queue, { name: 'Bob' }, { tx: another }),
      client.query('SELECT 1').then(() => client.query('INSERT INTO own VALUES (1)')),
      greet.submit(queue, { name: 'y' }, orphan),
      greet.submit(queue, { name: 'Cleo' }, { tx: { ...another } }),
    ]);
    await client.query('COMMIT');
    assert.deepEqual(
      submitted.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await queue.stats()).pending, 3);
    assert.equal((await client.query('SELECT FROM own')).rowCount, 1);
  });

  it('holds up the end of a parent that runs, and nothing else', async (t) => {
    const { queue, client } = await scene(t);
    const [began, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const parent = task('parent', async () => {
      began.resolve();
      await over.promise;
    });
    const options = { tasks: [greet, parent], concurrency: 2, handleSignals: false } as const;
    await using worker = new Worker(queue, options);
    const stopped = worker.start();
    const { id } = await parent.submit(queue);
    await began.promise;
    await client.query('BEGIN');
    const child = await greet.submit(queue, { name: 'x' }, { tx: client, dependencies: [id] });
    over.resolve();
    for (const name of ['Ada', 'Bob'])
      assert.equal(await (await greet.submit(queue, { name })).result(), `Hello, ${name}!`);
    assert.equal((await queue.getStatus(id))?.status, 'running');
    await client.query('COMMIT');
    assert.equal(await child.result(), 'Hello, x!');
    await worker.stop();
    await stopped;
  });

  it('may be the first of its queue and task, while others submit to it, in whatever isolation', async (t) => {
    const { queue, client } = await scene(t);
    await queue.stats();
    for (const isolation of ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']) {
      const where = { queue: isolation.toLowerCase().replace(' ', '-') };
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      await greet.submit(queue, { name: 'Ada' }, { tx: client, ...where });
      if (isolation === 'READ COMMITTED') await greet.submit(queue, { name: 'Bob' }, where);
      await client.query('COMMIT');
    }
    assert.equal((await queue.stats()).pending, 4);
  });

  it('leaves the settings of the transaction alone', async (t) => {
    const { queue, client } = await scene(t);
    const settings = async (): Promise<unknown> =>
      (await client.query("SELECT name, setting FROM pg_settings WHERE source = 'session'")).rows;
    await client.query('BEGIN');
    const before = await settings();
    await greet.submit(queue, { name: 'Ada' }, { tx: client });
    assert.deepEqual(await settings(), before);
    await client.query('COMMIT');
  });
});

describe('a transaction on PostgreSQL that cannot be used', () => {
  it('is none, a pool, or something else', async (t) => {
    const { queue, client } = await scene(t);
    const submit = (tx: unknown): Promise<unknown> =>
      greet.submit(queue, { name: 'x' }, { tx: tx as pg.Client });
    await refused(submit(client), 'invalid_option', /no transaction is open.*BEGIN/u);
    await refused(submit(new pg.Pool()), 'invalid_option', /got a pool.*connect\(\)/u);
    await refused(submit({ prepare: () => ({}) }), 'invalid_option', /client of pg/u);
    await refused(submit({ query: async () => [] }), 'invalid_option', /resolve with \{ rows \}/u);
    await client.query('BEGIN');
    await assert.rejects(client.query('SELECT 1 / 0'));
    await refused(submit(client), 'invalid_option', /has failed.*roll it back/u);
    await client.query('ROLLBACK');
  });

  it('is on another database of the server, also where that holds jobs', async (t) => {
    const { queue, client } = await scene(t);
    await queue.stats();
    const { address, database } = await anotherDatabase(t);
    await using other = new JobQueue(address);
    await greet.submit(other, { name: 'Ada' });
    const elsewhere = new pg.Client({ connectionString: withoutSchema(address) });
    await elsewhere.connect();
    await elsewhere.query('BEGIN');
    const submitted = greet.submit(queue, { name: 'x' }, { tx: elsewhere });
    await refused(submitted, 'invalid_option', new RegExp(`database ${database};.*postgres`, 'u'));
    await elsewhere.query('COMMIT');
    await elsewhere.end();
    assert.equal((await other.stats()).total, 1);
    // The queue's own is as good as before.
    await client.query('BEGIN');
    await greet.submit(queue, { name: 'Bob' }, { tx: client });
    await client.query('COMMIT');
    assert.equal((await queue.stats()).total, 1);
  });

  it('has made the schema itself: that is told at once', async (t) => {
    const { client } = await scene(t);
    const { address, schema } = await freshSchema();
    await using queue = new JobQueue(address);
    await client.query('BEGIN');
    await client.query(`CREATE SCHEMA ${schema}`);
    const submit = (): Promise<unknown> => greet.submit(queue, { name: 'x' }, { tx: client });
    await refused(
      submit(),
      'database_missing',
      new RegExp(`made the schema ${schema}.*Commit`, 'u'),
    );
    await client.query('COMMIT');
    await client.query('BEGIN');
    await submit();
    await client.query('COMMIT');
    assert.equal((await queue.stats()).total, 1);
  });

  it('may only read', async (t) => {
    const { queue, client } = await scene(t);
    await queue.stats();
    await client.query('BEGIN READ ONLY');
    const submitted = greet.submit(queue, { name: 'x' }, { tx: client });
    await refused(submitted, 'database_readonly', /READ ONLY/u);
  });

  it('is on a schema without jobs that the queue must not make', async (t) => {
    const { client } = await scene(t);
    const { address } = await freshSchema();
    await using queue = new JobQueue(address, { initialize: false });
    await client.query('BEGIN');
    const submitted = greet.submit(queue, { name: 'x' }, { tx: client });
    await refused(submitted, 'database_missing', /gigq migrate/u);
    await client.query('ROLLBACK');
  });
});
