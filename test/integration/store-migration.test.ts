// A database is brought to its schema once, whoever comes first, fully or not at all.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { migrateDatabase, openHere } from '../../dist/store/open.js';
import { openConnection } from '../../dist/store/sqlite/connection.js';
import { migrations } from '../../dist/store/sqlite/sql.gen.js';
import { contentsOf, makeDatabase } from '../helpers/store-files.ts';
import { FakeClock } from '../helpers/store-clock.ts';
import { Child, pause, within } from '../helpers/store-process.ts';
import { newJob, runAll, unit } from '../helpers/store-seam.ts';
import { openSqlite, temporaryFolder } from '../helpers/store-sqlite.ts';
import { turn } from '../helpers/store-turn.ts';

function newPath(): string {
  return join(temporaryFolder(), 'jobs.db');
}

function look(path: string, query: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare(query)
      .all()
      .map((row) => Object.values(row));
  } finally {
    database.close();
  }
}

function schemaOf(path: string): unknown[] {
  return look(path, 'SELECT name, sql FROM sqlite_schema ORDER BY name');
}

function recovered(path: string): unknown[] {
  const database = new DatabaseSync(path);
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  database.close();
  return schemaOf(path);
}

function assertOneSchema(path: string, schema: unknown[]): void {
  assert.deepEqual(schemaOf(path), schema);
  assert.deepEqual(look(path, 'SELECT version FROM gigq_migrations'), [[1]]);
  assert.deepEqual(look(path, 'PRAGMA integrity_check'), [['ok']]);
  assert.deepEqual(look(path, 'PRAGMA journal_mode'), [['wal']]);
}

async function usualSchema(): Promise<unknown[]> {
  const path = newPath();
  await makeDatabase(path, 1);
  return schemaOf(path);
}

describe('one new file', () => {
  test('opened by four processes at the same moment gets one schema, and every job is stored', async (scope) => {
    const path = newPath();
    const children = [1, 2, 3, 4].map((id) => new Child(scope, 'race', { path, id: `job-${id}` }));
    for (const child of children) assert.equal(await child.next(), 'ready');
    for (const child of children) child.tell('go');
    const answers = await Promise.all(children.map((child) => child.next()));
    assert.deepEqual(
      answers,
      children.map(() => 'ok'),
    );
    await Promise.all(children.map(({ ended }) => ended));
    // Whether one of them had to wait long enough to ask for a turn is chance.
    const left = Object.keys(contentsOf(join(path, '..'))).filter(
      (name) => name !== 'jobs.db-turn',
    );
    assert.deepEqual(left, ['jobs.db', 'jobs.db-wake']);
    assertOneSchema(path, await usualSchema());
    assert.deepEqual(look(path, 'SELECT count(*) FROM gigq_jobs'), [[4]]);
  });

  test('opened by six threads at the same moment gets one schema, and every job is stored', async (scope) => {
    const path = newPath();
    const start = new Int32Array(new SharedArrayBuffer(4));
    const script = new URL('../helpers/store-thread.ts', import.meta.url);
    const threads = Array.from({ length: 6 }, (_, id) => {
      return new Worker(script, { workerData: { path, id: `job-${id}`, start } });
    });
    scope.after(() => Promise.all(threads.map((thread) => thread.terminate())));
    await Promise.all(threads.map((thread) => message(thread)));
    const answers = Promise.all(threads.map((thread) => message(thread)));
    Atomics.store(start, 0, 1);
    Atomics.notify(start, 0);
    assert.deepEqual(
      await within(30_000, answers),
      threads.map(() => 'ok'),
    );
    assertOneSchema(path, await usualSchema());
    assert.deepEqual(look(path, 'SELECT count(*) FROM gigq_jobs'), [[6]]);
  });

  test('opened twice by one process gets one schema', async () => {
    const path = newPath();
    const stores = [1, 2].map(() => openHere({ database: path, initialize: true }));
    const asked = stores.map((store, id) =>
      runAll(store, [unit('enqueue', [newJob(`job-${id}`)])]),
    );
    const answers = (await Promise.all(asked)).flat();
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, true],
    );
    await Promise.all(stores.map((store) => store.close()));
    assertOneSchema(path, await usualSchema());
  });
});

function message(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

describe('migrateDatabase', () => {
  const names = migrations.map(
    ({ version, name }) => `${String(version).padStart(3, '0')}-${name}`,
  );

  test('makes a database, tells what it did, and has nothing to do the second time', async () => {
    const path = newPath();
    const done = await migrateDatabase(path, { dryRun: false });
    assert.deepEqual(done, { from: 0, to: migrations.length, applied: names });
    assertOneSchema(path, await usualSchema());
    const again = await migrateDatabase(path, { dryRun: false });
    assert.deepEqual(again, { from: migrations.length, to: migrations.length, applied: [] });
  });

  test('on trial tells what it would do, and changes nothing', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'app.db');
    const app = new DatabaseSync(path);
    app.exec('CREATE TABLE users (name TEXT)');
    app.close();
    const before = contentsOf(folder);
    const trial = await migrateDatabase(path, { dryRun: true });
    assert.deepEqual(trial, { from: 0, to: migrations.length, applied: names });
    assert.deepEqual(contentsOf(folder), before);
  });

  test('on trial makes no file', async () => {
    const folder = temporaryFolder();
    const trial = migrateDatabase(join(folder, 'jobs.db'), { dryRun: true });
    await assert.rejects(trial, { code: 'database_missing' });
    assert.deepEqual(contentsOf(folder), {});
  });

  test('waits for a lock, and keeps its process alive meanwhile', async (scope) => {
    const path = newPath();
    const holder = new DatabaseSync(path);
    scope.after(() => holder.close());
    holder.exec('PRAGMA journal_mode = WAL; CREATE TABLE users (name TEXT); BEGIN IMMEDIATE');
    const child = new Child(scope, 'migrate', { path });
    assert.equal(await child.next(), 'migrating');
    const answer = child.next();
    for (let turns = 0; turns < 100; turns += 1) await turn();
    holder.exec('COMMIT');
    assert.deepEqual(await answer, { from: 0, to: migrations.length, applied: names });
    assert.equal(await child.ended, 0);
  });
});

describe('a migration', () => {
  test('that breaks halfway leaves the database as it was', async (scope) => {
    const path = newPath();
    const app = new DatabaseSync(path);
    app.exec('PRAGMA journal_mode = WAL; CREATE TABLE gigq_jobs (mine TEXT)');
    app.close();
    const before = schemaOf(path);
    await assert.rejects(migrateDatabase(path, { dryRun: false }));
    assert.deepEqual(schemaOf(path), before);
    const connection = openConnection(path, { initialize: true });
    scope.after(() => {
      connection.close();
    });
    connection.begin();
    connection.commit();
  });

  test('whose process is killed halfway leaves the database as it was, and is done by the next', async (scope) => {
    const path = newPath();
    const child = new Child(scope, 'halfMigrate', { path });
    assert.equal(await child.next(), 'halfway');
    await child.kill();
    assert.deepEqual(schemaOf(path), []);
    const { applied } = await migrateDatabase(path, { dryRun: false });
    assert.equal(applied.length, migrations.length);
    assertOneSchema(path, await usualSchema());
  });

  test('whose process is killed at whatever moment is done fully or not at all', async (scope) => {
    const schema = await usualSchema();
    const seen = new Set<boolean>();
    for (let ms = 0; ms < 30 && seen.size < 2; ms += 1) {
      const path = newPath();
      const child = new Child(scope, 'migrate', { path });
      assert.equal(await child.next(), 'migrating');
      await pause(ms);
      await child.kill();
      // Not by a mere reader: what was cut off may have to be rolled back, as the next process does.
      const found = existsSync(path) ? recovered(path) : [];
      assert.deepEqual(found, found.length === 0 ? [] : schema);
      seen.add(found.length > 0);
    }
    // It was met on both sides: before its commit and after it.
    assert.equal(seen.size, 2);
  });

  test('is not done by whoever only looks, who is told how to do it', async () => {
    const path = newPath();
    await makeDatabase(path, 1);
    const database = new DatabaseSync(path);
    database.exec('DELETE FROM gigq_migrations');
    database.close();
    const store = openHere({ database: path, initialize: false });
    const [answer] = await runAll(store, [unit('counts', null)]);
    await store.close();
    assert.equal(answer?.ok, false);
    assert.match((answer as { error: { hint: string } }).error.hint, /gigq migrate --db/u);
  });
});

describe('every connection', () => {
  const expected = {
    busy_timeout: 0,
    synchronous: 2,
    foreign_keys: 1,
    mmap_size: 0,
    fullfsync: 1,
    checkpoint_fullfsync: 1,
    journal_mode: 'wal',
  };
  for (const [pragma, value] of Object.entries(expected)) {
    test(`has ${pragma} set`, (scope) => {
      const connection = openConnection(newPath(), { initialize: true });
      scope.after(() => {
        connection.close();
      });
      const row = connection.query(`PRAGMA ${pragma}`)[0];
      assert.deepEqual(Object.values(row ?? {}), [value]);
    });
  }

  test('waits up to 30 seconds to be opened, and no longer', async (scope: TestContext) => {
    const path = newPath();
    const holder = new DatabaseSync(path);
    scope.after(() => holder.close());
    holder.exec('CREATE TABLE users (name TEXT); BEGIN EXCLUSIVE');
    const clock = new FakeClock();
    const store = openHere({ database: path, initialize: true, clock });
    const calls = [2000, 60_000].map((waitMs) => runAll(store, [unit('get', 'a', { waitMs })]));
    await clock.advance(1999);
    assert.equal(await Promise.race([calls[0], turn()]), undefined);
    await clock.advance(1);
    assert.equal(codeOf((await calls[0])?.[0]), 'database_busy');
    await clock.advance(28_100);
    assert.equal(codeOf((await calls[1])?.[0]), 'database_busy');
    holder.exec('COMMIT');
    const [answer] = await runAll(store, [unit('get', 'a')]);
    assert.deepEqual(answer, { ok: true, reply: null });
    await store.close();
  });
});

function codeOf(answer: unknown): unknown {
  return (answer as { error?: { code?: string } } | undefined)?.error?.code;
}

test('a store of the present schema takes no lock to be opened', async (scope) => {
  const path = newPath();
  openSqlite(scope, path);
  const holder = new DatabaseSync(path);
  scope.after(() => holder.close());
  holder.exec('BEGIN IMMEDIATE');
  const second = openSqlite(scope, path);
  assert.equal(await second.call('get', 'a'), null);
});
