// Jobs that are stored in the caller's own transaction: there if, and once, it is committed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { type GigqError, Job, JobQueue, type SubmitOptions, task, Worker, Workflow } from 'gigq';
import { place } from '../helpers/worker-place.ts';

const greet = task('greet', async ({ name }: { name: string }) => `Hello, ${name}!`);

interface Scene {
  readonly queue: JobQueue;
  readonly database: DatabaseSync;
  readonly path: string;
  readonly here: ReturnType<typeof place>;
}

/** A queue, and a connection of the application's own to the same file. */
async function scene(t: TestContext): Promise<Scene> {
  const here = place(t);
  const { queue, database: path } = here;
  await queue.stats();
  const database = new DatabaseSync(path);
  t.after(() => database.close());
  database.exec('CREATE TABLE users (name TEXT)');
  return { queue, database, path, here };
}

async function refused(
  submitted: Promise<unknown>,
  { code, says }: { readonly code: string; readonly says: RegExp },
): Promise<void> {
  await assert.rejects(submitted, (error: GigqError) => {
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, says);
    return true;
  });
}

describe('a job submitted in a transaction', () => {
  it('is stored with what else that commits', async (t) => {
    const { queue, database } = await scene(t);
    database.exec('BEGIN IMMEDIATE');
    database.exec("INSERT INTO users VALUES ('Ada')");
    const handle = await greet.submit(queue, { name: 'Ada' }, { tx: database, priority: 5 });
    assert.equal(await queue.getStatus(handle.id), undefined);
    database.exec('COMMIT');
    const info = await queue.getStatus(handle.id);
    assert.deepEqual([info?.status, info?.priority, info?.params], ['pending', 5, { name: 'Ada' }]);
    assert.equal((await queue.stats()).pending, 1);
  });

  it('is gone with what else that rolls back, and what comes after it is counted right', async (t) => {
    const { queue, database } = await scene(t);
    database.exec('BEGIN IMMEDIATE');
    const gone = await greet.submit(queue, { name: 'Ada' }, { tx: database });
    database.exec('ROLLBACK');
    database.exec('BEGIN IMMEDIATE');
    await greet.submit(queue, { name: 'Bob' }, { tx: database });
    database.exec('COMMIT');
    assert.equal(await queue.getStatus(gone.id), undefined);
    assert.deepEqual([(await queue.stats()).pending, (await queue.stats()).total], [1, 1]);
  });

  it('is stored before the call returns', async (t) => {
    const { queue, database } = await scene(t);
    database.exec('BEGIN IMMEDIATE');
    const submitted = greet.submit(queue, { name: 'Ada' }, { tx: database });
    database.exec('COMMIT');
    const { id } = await submitted;
    assert.equal(await queue.get(id).status(), 'pending');
  });

  it('starts soon after the commit, without a poll', async (t) => {
    const { queue, database, here } = await scene(t);
    const worker = await here.started({ tasks: [greet], pollingInterval: '1h' });
    database.exec('BEGIN IMMEDIATE');
    const handle = await greet.submit(queue, { name: 'Ada' }, { tx: database });
    const completed = once(worker, 'completed');
    database.exec('COMMIT');
    await completed;
    assert.equal(await handle.result(), 'Hello, Ada!');
  });

  it('may be one of many, and a whole workflow', async (t) => {
    const { queue, database } = await scene(t);
    const workflow = new Workflow('two');
    const first = workflow.addTask(greet, { name: 'Ada' });
    workflow.addTask(greet, { name: first.result });
    database.exec('BEGIN IMMEDIATE');
    const tx: SubmitOptions = { tx: database };
    await greet.submitMany(queue, [{ name: 'Ada' }, { name: 'Bob' }], tx);
    await queue.submitMany([new Job({ task: greet, params: { name: 'Eve' } })], tx);
    const handle = await workflow.submitAll(queue, tx);
    database.exec('COMMIT');
    await using worker = new Worker(queue, { tasks: [greet] });
    assert.equal(await worker.drain(), 5);
    assert.equal((await handle.status()).jobs.completed, 2);
  });

  it('may be given by a connection that reads numbers as bigints', async (t) => {
    const { queue, path } = await scene(t);
    const database = new DatabaseSync(path, { readBigInts: true, returnArrays: true });
    t.after(() => database.close());
    database.exec('BEGIN IMMEDIATE');
    await greet.submit(queue, { name: 'Ada' }, { tx: database });
    database.exec('COMMIT');
    assert.equal((await queue.stats()).pending, 1);
  });

  it('makes the tables that are missing, in the same transaction', async (t) => {
    const here = place(t);
    const database = new DatabaseSync(here.database);
    t.after(() => database.close());
    database.exec('BEGIN IMMEDIATE');
    const handle = await greet.submit(here.queue, { name: 'Ada' }, { tx: database });
    database.exec('COMMIT');
    assert.equal(await handle.status(), 'pending');
  });

  it('refuses its input alone: the transaction goes on', async (t) => {
    const { queue, database } = await scene(t);
    database.exec('BEGIN IMMEDIATE');
    database.exec("INSERT INTO users VALUES ('Ada')");
    const orphan = new Job({ task: greet, params: { name: 'x' }, dependencies: ['no-such-job'] });
    const says = /no-such-job/u;
    const jobs = [new Job({ task: greet, params: { name: 'y' } }), orphan];
    await refused(queue.submitMany(jobs, { tx: database }), { code: 'parent_missing', says });
    database.exec('COMMIT');
    assert.equal(database.prepare('SELECT count(*) AS n FROM users').get()?.['n'], 1);
    assert.equal((await queue.stats()).total, 0);
  });
});

describe('a transaction that cannot be used', () => {
  it("is another library's", async (t) => {
    const { queue } = await scene(t);
    const other = { prepare: () => ({}), exec: () => undefined, inTransaction: true };
    const tx = other as unknown as DatabaseSync;
    const says = /another SQLite library.*node:sqlite/u;
    await refused(greet.submit(queue, { name: 'x' }, { tx }), {
      code: 'sqlite_second_library',
      says,
    });
  });

  it('is none', async (t) => {
    const { queue, database } = await scene(t);
    const says = /BEGIN IMMEDIATE/u;
    const submit = (tx: unknown): Promise<unknown> =>
      greet.submit(queue, { name: 'x' }, { tx: tx as DatabaseSync });
    await refused(submit(database), { code: 'invalid_option', says });
    await refused(submit({ query: async () => ({ rows: [] }) }), { code: 'invalid_option', says });
    await refused(submit('BEGIN'), { code: 'invalid_option', says: /expected a transaction/u });
    const closed = new DatabaseSync(':memory:');
    closed.close();
    await refused(submit(closed), { code: 'invalid_option', says });
  });

  it('is one on another database', async (t) => {
    const { queue } = await scene(t);
    for (const path of [':memory:', place(t).database]) {
      const database = new DatabaseSync(path);
      t.after(() => database.close());
      database.exec('BEGIN IMMEDIATE');
      const submitted = greet.submit(queue, { name: 'x' }, { tx: database });
      await refused(submitted, { code: 'invalid_option', says: /another database/u });
    }
  });

  it('has read, and others have written since', async (t) => {
    const { queue, database } = await scene(t);
    database.exec('BEGIN');
    database.prepare('SELECT * FROM users').all();
    await greet.submit(queue, { name: 'other' });
    const submitted = greet.submit(queue, { name: 'x' }, { tx: database });
    await refused(submitted, { code: 'database_busy', says: /BEGIN IMMEDIATE/u });
    database.exec('ROLLBACK');
    assert.equal((await queue.stats()).total, 1);
  });

  it('is on a database without tables that the queue must not make', async (t) => {
    const here = place(t);
    const queue = new JobQueue(here.database, { initialize: false });
    t.after(() => queue.close());
    const database = new DatabaseSync(here.database);
    t.after(() => database.close());
    database.exec('BEGIN IMMEDIATE');
    const submitted = greet.submit(queue, { name: 'x' }, { tx: database });
    await refused(submitted, { code: 'database_invalid', says: /gigq migrate/u });
  });

  it('is used by a queue that is closed', async (t) => {
    const { path, database } = await scene(t);
    const queue = new JobQueue(path);
    await queue.close();
    database.exec('BEGIN IMMEDIATE');
    const submitted = greet.submit(queue, { name: 'x' }, { tx: database });
    await refused(submitted, { code: 'queue_closed', says: /closed/u });
  });
});
