// The file of a database: how it is made, what is refused, and that nothing refused is ever changed.
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { openHere } from '../../dist/store/open.js';
import { contentsOf, garbage, makeDatabase, overwrite, pageSize } from '../helpers/store-files.ts';
import { Child } from '../helpers/store-process.ts';
import { anyJob, newJob, runAll, unit } from '../helpers/store-seam.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Opens a database, asks for something, closes it: 'ok', or the error. */
async function attempt(path: string, initialize: boolean): Promise<Refusal | 'ok'> {
  const store = openHere({ database: path, initialize });
  const asked = initialize ? unit('enqueue', [newJob('new')]) : unit('counts', null);
  const [answer] = await runAll(store, [asked]);
  await store.close();
  return answer?.ok === true ? 'ok' : (answer?.error as Refusal);
}

/** Asserts that a path is refused with a code, by writers and readers, and that nothing in the folder changes. */
async function assertRefused(path: string, code: string, folder: string): Promise<void> {
  const before = contentsOf(folder);
  for (const initialize of [true, false]) {
    const refusal = await attempt(path, initialize);
    assert.notEqual(refusal, 'ok');
    const { message, hint, code: found } = refusal as Refusal;
    assert.equal(found, code, message);
    assert.ok(message.includes(dirname(path)) && message.includes(basename(path)), message);
    assert.notEqual(hint, '');
    assert.deepEqual(contentsOf(folder), before);
  }
}

async function withDatabase(): Promise<{ folder: string; path: string }> {
  const folder = temporaryFolder();
  const path = join(folder, 'jobs.db');
  await makeDatabase(path);
  return { folder, path };
}

describe('a new database', () => {
  for (const umask of [0o000, 0o022, 0o077]) {
    test(`is made for its owner alone, with all its files, under umask ${umask.toString(8)}`, async (scope) => {
      const path = join(temporaryFolder(), 'jobs.db');
      const child = new Child(scope, 'use', { path, umask });
      assert.deepEqual(await child.next(), {
        wrote: 'ok',
        looked: 'ok',
        modes: {
          'jobs.db': '600',
          'jobs.db-shm': '600',
          'jobs.db-wake': '600',
          'jobs.db-wal': '600',
        },
      });
    });
  }

  test('leaves nothing beside it when it is closed but the file that wakes others', async () => {
    const folder = temporaryFolder();
    assert.equal(await attempt(join(folder, 'jobs.db'), true), 'ok');
    assert.deepEqual(Object.keys(contentsOf(folder)), ['jobs.db', 'jobs.db-wake']);
  });

  test('is not made by whoever only looks', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'jobs.db');
    const refusal = await attempt(path, false);
    assert.equal((refusal as Refusal).code, 'database_missing');
    assert.deepEqual(contentsOf(folder), {});
  });

  test('can be made where an empty file is', async () => {
    const path = join(temporaryFolder(), 'jobs.db');
    writeFileSync(path, '');
    assert.equal(((await attempt(path, false)) as Refusal).code, 'database_invalid');
    assert.equal(statSync(path).size, 0);
    assert.equal(await attempt(path, true), 'ok');
  });

  test('is made in the database of an application, which keeps what it has', async () => {
    const path = join(temporaryFolder(), 'app.db');
    const app = new DatabaseSync(path);
    app.exec("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('Ada')");
    app.close();
    assert.equal(await attempt(path, true), 'ok');
    const again = new DatabaseSync(path, { readOnly: true });
    assert.equal(again.prepare('SELECT name FROM users').get()?.['name'], 'Ada');
    again.close();
  });
});

describe('an existing database', () => {
  test('keeps the mode that it has', async () => {
    const { path } = await withDatabase();
    chmodSync(path, 0o640);
    assert.equal(await attempt(path, true), 'ok');
    assert.equal((statSync(path).mode & 0o777).toString(8), '640');
  });

  test('can be reached by a link', async () => {
    const { folder, path } = await withDatabase();
    const link = join(folder, 'link.db');
    symlinkSync(path, link);
    assert.equal(await attempt(link, false), 'ok');
  });
});

describe('a path that holds no database', () => {
  test('of a directory is refused', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'jobs.db');
    mkdirSync(path);
    await assertRefused(path, 'database_invalid', folder);
  });

  test('of a device is refused', async () => {
    const refusal = await attempt('/dev/null', true);
    assert.equal((refusal as Refusal).code, 'database_invalid');
  });

  test('in a folder that is not there is refused', async () => {
    const folder = temporaryFolder();
    await assertRefused(join(folder, 'no', 'jobs.db'), 'database_missing', folder);
  });

  test('in a folder that is a file is refused', async () => {
    const { folder, path } = await withDatabase();
    await assertRefused(join(path, 'jobs.db'), 'database_missing', folder);
  });

  for (const size of [2, 100, 512, 5000]) {
    test(`of a file of ${size} bytes of something else is refused`, async () => {
      const folder = temporaryFolder();
      const path = join(folder, 'jobs.db');
      writeFileSync(path, 'x'.repeat(size));
      await assertRefused(path, 'database_invalid', folder);
    });
  }

  test('of the database of something else is refused to whoever only looks', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'app.db');
    const app = new DatabaseSync(path);
    app.exec('CREATE TABLE users (name TEXT)');
    app.close();
    const before = contentsOf(folder);
    const refusal = (await attempt(path, false)) as Refusal;
    assert.equal(refusal.code, 'database_invalid');
    assert.match(refusal.hint, /gigq migrate/u);
    assert.deepEqual(contentsOf(folder), before);
  });
});

describe('a damaged database', () => {
  test('without its header is refused as no database', async () => {
    const { folder, path } = await withDatabase();
    overwrite(path, 0, garbage.subarray(0, 100));
    await assertRefused(path, 'database_invalid', folder);
  });

  test('that was cut off is refused as damaged', async () => {
    const { folder, path } = await withDatabase();
    truncateSync(path, 3 * pageSize + 100);
    await assertRefused(path, 'database_corrupt', folder);
  });

  test('with garbage for its schema is refused as damaged', async () => {
    const { folder, path } = await withDatabase();
    overwrite(path, 100, garbage.subarray(0, pageSize - 100));
    await assertRefused(path, 'database_corrupt', folder);
  });

  test('with garbage from the second page on is refused as damaged', async () => {
    const { folder, path } = await withDatabase();
    const pages = statSync(path).size / pageSize;
    for (let page = 1; page < pages; page += 1) overwrite(path, page * pageSize, garbage);
    await assertRefused(path, 'database_corrupt', folder);
  });

  test('says so when the damage is come upon later, and is left as it is', async () => {
    const { folder, path } = await withDatabase();
    const lastPage = statSync(path).size - pageSize;
    for (let page = 1; page < 8; page += 1) overwrite(path, lastPage - page * pageSize, garbage);
    const before = contentsOf(folder);
    const store = openHere({ database: path, initialize: true });
    const list = {
      ...anyJob,
      limit: 1000,
      before: null,
    };
    const [found] = await runAll(store, [unit('list', list)]);
    await store.close();
    assert.equal(found?.ok === false && (found.error as Refusal).code, 'database_corrupt');
    assert.deepEqual(contentsOf(folder), before);
  });
});

describe('a schema that is not ours', () => {
  const changes = {
    'that a newer gigq made': ['UPDATE gigq_migrations SET version = 900', 'schema_newer'],
    'whose checksum is another': ["UPDATE gigq_migrations SET checksum = 'x'", 'database_invalid'],
  } as const;
  for (const [name, [statement, code]] of Object.entries(changes)) {
    test(`${name} is refused`, async () => {
      const { folder, path } = await withDatabase();
      const database = new DatabaseSync(path);
      database.exec(statement);
      database.close();
      await assertRefused(path, code, folder);
    });
  }

  test('with a newer migration beside ours is refused', async () => {
    const { folder, path } = await withDatabase();
    const database = new DatabaseSync(path);
    database.exec("INSERT INTO gigq_migrations VALUES (900, 'later', 'x', 0)");
    database.close();
    await assertRefused(path, 'schema_newer', folder);
  });
});

describe('a user who may not', () => {
  const nobody = { asNobody: true } as const;

  async function told(scope: TestContext, path: string, initialize = true): Promise<unknown> {
    return new Child(scope, 'use', { path, initialize, ...nobody }).next();
  }

  test('write to a file that is in use can look, and is told that it is read-only', async (scope) => {
    const { folder, path } = await withDatabase();
    chmodSync(folder, 0o777);
    chmodSync(path, 0o444);
    const store = openHere({ database: path, initialize: false });
    scope.after(() => store.close());
    await runAll(store, [unit('counts', null)]);
    const before = contentsOf(folder);
    const answer = { wrote: 'database_readonly', looked: 'ok', modes: {} };
    assert.deepEqual(await told(scope, path), answer);
    assert.equal(contentsOf(folder)['jobs.db'], before['jobs.db']);
  });

  test('write to a file that nobody uses leaves nothing behind that would lock its owner out', async (scope) => {
    const { folder, path } = await withDatabase();
    chmodSync(folder, 0o777);
    chmodSync(path, 0o444);
    const before = contentsOf(folder);
    const answer = { wrote: 'database_readonly', looked: 'database_readonly', modes: {} };
    assert.deepEqual(await told(scope, path), answer);
    assert.deepEqual(contentsOf(folder), before);
  });

  test('write to a folder is told that it is read-only', async (scope) => {
    const { folder, path } = await withDatabase();
    chmodSync(path, 0o666);
    chmodSync(folder, 0o555);
    const before = contentsOf(folder);
    const answer = { wrote: 'database_readonly', looked: 'database_readonly', modes: {} };
    assert.deepEqual(await told(scope, path), answer);
    assert.deepEqual(contentsOf(folder), before);
  });

  test('make a file in a folder is told that it is read-only', async (scope) => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    const answer = { wrote: 'database_readonly', looked: 'database_readonly', modes: {} };
    assert.deepEqual(await told(scope, join(folder, 'jobs.db')), answer);
    assert.deepEqual(contentsOf(folder), {});
  });

  test('read a file is told so', async (scope) => {
    const { folder, path } = await withDatabase();
    chmodSync(folder, 0o777);
    chmodSync(path, 0o000);
    const answer = { wrote: 'database_readonly', looked: 'database_readonly', modes: {} };
    assert.deepEqual(await told(scope, path), answer);
    chmodSync(path, 0o600);
  });
});

test('a database that is removed between two openings is made anew, and only by writers', async () => {
  const { path } = await withDatabase();
  rmSync(path);
  assert.equal(((await attempt(path, false)) as Refusal).code, 'database_missing');
  assert.equal(await attempt(path, true), 'ok');
});
