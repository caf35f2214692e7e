import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { closeConnections, type GigqError, Job, JobQueue, task } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { assertRefused } from '../helpers/rejection.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

const folder = temporaryFolder();
const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);

function memory(): JobQueue {
  return new JobQueue(':memory:', { inPlace: true });
}

describe('opening a queue', () => {
  const { GIGQ_DB, GIGQ_DB_PATH } = process.env;
  const home = process.cwd();
  afterEach(() => {
    process.chdir(home);
    for (const [name, value] of Object.entries({ GIGQ_DB, GIGQ_DB_PATH })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test('does nothing until the first call', async () => {
    const file = join(folder, 'lazy.db');
    await using queue = new JobQueue(file, { inPlace: true });
    assert.equal(existsSync(file), false);
    await queue.stats();
    assert.equal(existsSync(file), true);
  });

  test('keeps to the working directory of that moment', async () => {
    process.chdir(folder);
    await using queue = new JobQueue('relative.db', { inPlace: true });
    process.chdir(home);
    await queue.stats();
    assert.equal(existsSync(join(folder, 'relative.db')), true);
  });

  const environments: readonly [title: string, env: Record<string, string>, file: string][] = [
    ['GIGQ_DB says which it is', { GIGQ_DB: 'a.db', GIGQ_DB_PATH: 'b.db' }, 'a.db'],
    ['GIGQ_DB_PATH does where GIGQ_DB does not', { GIGQ_DB: '', GIGQ_DB_PATH: 'b.db' }, 'b.db'],
    ['it is gigq.db where neither does', { GIGQ_DB: '', GIGQ_DB_PATH: '' }, 'gigq.db'],
  ];
  for (const [title, env, file] of environments) {
    test(`without a path, ${title}`, async () => {
      Object.assign(process.env, env);
      process.chdir(folder);
      await using queue = new JobQueue(undefined, { inPlace: true });
      await queue.stats();
      assert.equal(existsSync(join(folder, file)), true);
    });
  }

  test(':memory: is private to the queue', async () => {
    await using one = memory();
    await using two = memory();
    await greet.submit(one);
    assert.equal((await one.stats()).total, 1);
    assert.equal((await two.stats()).total, 0);
  });

  test('two queues on one file see the same jobs', async () => {
    const file = join(folder, 'shared.db');
    await using one = new JobQueue(file, { inPlace: true });
    await using two = new JobQueue(file);
    const { id } = await greet.submit(one);
    assert.equal((await two.getStatus(id))?.status, 'pending');
  });

  test('initialize: false never creates a file', async () => {
    const file = join(folder, 'missing.db');
    await using queue = new JobQueue(file, { initialize: false, inPlace: true });
    await assertRefused(() => queue.stats(), 'database_missing', /missing\.db/u);
    await assertRefused(() => greet.submit(queue), 'database_missing', /missing\.db/u);
    await assertRefused(() => queue.get('x').result(), 'database_missing', /missing\.db/u);
    assert.equal(existsSync(file), false);
  });

  test('what is wrong with the database rejects the calls, not the constructor', async () => {
    const file = join(folder, 'text.db');
    writeFileSync(file, 'not a database at all, but long enough to look like one '.repeat(50));
    await using queue = new JobQueue(file, { inPlace: true });
    await assertRefused(() => queue.stats(), 'database_invalid', /text\.db/u);
  });

  test("another server's address is refused, and the password in it is not shown", async () => {
    await assertRefused(
      () => new JobQueue('mysql://me:secret@localhost/jobs'),
      'invalid_option',
      /^(?!.*secret).*mysql:\/\/ address is no path/u,
    );
  });

  const refused: readonly [title: string, database: unknown, options: unknown, message: RegExp][] =
    [
      ['an empty path', '', {}, /database: expected a path or an address, got an empty string/u],
      [
        'nothing, where something was meant,',
        null,
        {},
        /database: expected a path or an address, got null/u,
      ],
      ['a schema in a file', 'a.db', { schema: 'mine' }, /a SQLite file has no schemas/u],
      [
        'a schema that cannot be',
        'postgres://localhost/jobs',
        { schema: 'pg_mine' },
        /schema: expected the name/u,
      ],
      ['a file: address', 'file:a.db', {}, /a file: address is no path/u],
      ['a path that is no text', 5, {}, /database: expected a path or an address, got 5/u],
      ['a path with a NUL in it', 'a\0b', {}, /database: expected a path or an address/u],
      [
        'an unknown option',
        'a.db',
        { initialise: false },
        /^JobQueue: unknown option 'initialise'/u,
      ],
      [
        'a durability that is not there',
        'a.db',
        { durability: 'eventual' },
        /durability: expected 'full' or 'relaxed', got 'eventual'/u,
      ],
      [
        'an option of the wrong type',
        'a.db',
        { inPlace: 1 },
        /inPlace: expected true or false, got 1/u,
      ],
      [
        'half a logger',
        'a.db',
        { logger: { info() {} } },
        /logger: expected a logger with debug, info/u,
      ],
    ];
  for (const [title, database, options, message] of refused) {
    test(`${title} is refused`, async () => {
      await assertRefused(
        () => new JobQueue(untyped(database), untyped(options)),
        'invalid_option',
        message,
      );
    });
  }
});

describe('closing a queue', () => {
  test('waits for the calls in progress; later calls are refused', async () => {
    const queue = new JobQueue(join(folder, 'closing.db'));
    const submitted = greet.submit(queue);
    const listed = queue.listJobs();
    await queue.close();
    const handle = await submitted;
    assert.equal((await listed).length, 1);
    const calls: (() => unknown)[] = [
      () => queue.submit(new Job({ task: 'greet' })),
      () => queue.submitMany([]),
      () => queue.listJobs(),
      () => queue.clearCompleted(),
      () => greet.submit(queue),
      () => handle.status(),
      () => handle.result(),
      () => handle.cancel(),
    ];
    for (const call of calls) await assertRefused(call, 'queue_closed', /closed/u);
  });

  test('twice is fine', async () => {
    const queue = memory();
    await queue.stats();
    await Promise.all([queue.close(), queue.close()]);
    await queue.close();
  });

  test('that was never used is fine', async () => {
    await new JobQueue(join(folder, 'unused.db')).close();
    assert.equal(existsSync(join(folder, 'unused.db')), false);
  });

  test('ends all waiting for results', async () => {
    const queue = memory();
    const handle = await greet.submit(queue);
    const waiting = assert.rejects(
      handle.result(),
      (error: GigqError) => error.code === 'queue_closed',
    );
    await queue.close();
    await waiting;
  });

  test('closeConnections closes every queue of the process', async () => {
    const queues = [memory(), memory()];
    await Promise.all(queues.map((queue) => queue.stats()));
    await closeConnections();
    for (const queue of queues) await assertRefused(() => queue.stats(), 'queue_closed', /closed/u);
    await closeConnections();
  });
});
