// What comes between a store and its server, as far as the server itself can do it.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { Job, JobQueue } from 'gigq';
import { doctor, migrate } from 'gigq/admin';
import pg from 'pg';
import type { Answer, Input } from '../../dist/store/store.js';
import { systemClock } from '../../dist/store/clock.js';
import { parseAddress } from '../../dist/store/postgres/address.js';
import { Driver } from '../../dist/store/postgres/connecting.js';
import { Connection } from '../../dist/store/postgres/connection.js';
import { loadPg } from '../../dist/store/postgres/library.js';
import { Passing } from '../../dist/store/postgres/postgres-error.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import { freshSchema, isWaiting, query } from '../helpers/store-postgres.ts';
import { commit, Proxy } from '../helpers/postgres-proxy.ts';
import { serverAddress } from '../helpers/postgres-server.ts';
import {
  completed,
  newJob,
  newJobs,
  noSuspects,
  runAll,
  Seam,
  type SeamWorker,
  slots,
  unit,
} from '../helpers/store-seam.ts';
import { found } from '../helpers/worker-place.ts';

async function opened(t: TestContext): Promise<{ seam: Seam; schema: string; address: string }> {
  const { address, schema } = await freshSchema();
  const named = new URL(address);
  named.searchParams.set('application_name', schema);
  const store = await openPostgresStore(named.href, { clock: systemClock, initialize: true });
  t.after(() => store.close());
  return { seam: new Seam(store, systemClock as never), schema, address };
}

/** Ends all sessions of a store, as a restart of the server does. */
async function endSessions(application: string): Promise<void> {
  await query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    [application],
  );
}

/** A session beside the tests' own, ended with the test. */
async function another(t: TestContext, address?: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: address ?? (await serverAddress()) });
  await client.connect();
  t.after(() => client.end());
  return client;
}

function codeOf(answer: Answer | undefined): unknown {
  return answer?.ok === false ? (answer.error as { code?: unknown }).code : 'answered';
}

describe('a connection that is lost', () => {
  test('while it is idle is made again by the next call, and ends no process', async (t) => {
    const { seam, schema } = await opened(t);
    await seam.enqueue(newJob('a'));
    await endSessions(schema);
    assert.deepEqual(await seam.enqueue(newJob('b')), ['stored']);
    assert.deepEqual(await seam.counted(), { pending: 2 });
  });

  test('again and again loses no job and stores none twice', async (t) => {
    const { seam, schema } = await opened(t);
    const jobs = newJobs(100);
    for (const [at, job] of jobs.entries()) {
      const ending = at % 10 === 0 ? endSessions(schema) : undefined;
      assert.equal((await seam.enqueue(job)).length, 1);
      await ending;
    }
    assert.deepEqual(await seam.counted(), { pending: 100 });
  });

  test('in the middle of claims and settlements leaves no job behind', async (t) => {
    const { seam, schema } = await opened(t);
    await seam.enqueue(...newJobs(60));
    const worker = await seam.worker();
    let count = 0;
    for (let jobs = await worker.take(5); jobs.length > 0; jobs = await worker.take(5)) {
      count += jobs.length;
      const ending = endSessions(schema);
      for (const job of jobs) assert.notEqual(await worker.end(job, completed), 'lost');
      await ending;
      void endSessions(schema);
    }
    assert.equal(count, 60);
    assert.deepEqual(await seam.counted(), { completed: 60 });
  });
});

describe('a connection that is lost while it is made', () => {
  for (const words of [
    'server_version_num',
    'pg_backend_pid',
    'lock_timeout',
    'transaction_timeout',
  ])
    test(`before ${words} is asked for is made again, and nobody hears of it`, async (t) => {
      const { proxy, address } = await Proxy.before((await freshSchema()).address);
      const queue = new JobQueue(address);
      t.after(() => queue.close());
      const way = proxy.next(words);
      const submitted = queue.submit(new Job({ id: 'a', task: 'anything' }));
      (await way).cut();
      await submitted;
      assert.equal((await queue.stats()).pending, 1);
    });
});

describe('a commit whose answer is lost', () => {
  async function cutOff(t: TestContext): Promise<{ seam: Seam; proxy: Proxy }> {
    const { proxy, address } = await Proxy.before((await freshSchema()).address);
    const store = await openPostgresStore(address, { clock: systemClock, initialize: true });
    t.after(() => store.close());
    return { seam: new Seam(store, systemClock as never), proxy };
  }

  test('stores a job once', async (t) => {
    const { seam, proxy } = await cutOff(t);
    proxy.commitsToCut = 1;
    assert.equal((await seam.enqueue(newJob('a'))).length, 1);
    assert.equal(proxy.commitsToCut, 0);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  test('settles a job once, and takes the second time for a success', async (t) => {
    const { seam, proxy } = await cutOff(t);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const job = await worker.takeOne();
    proxy.commitsToCut = 2;
    assert.equal(await worker.end(job, completed), 'duplicate');
    assert.deepEqual(await seam.counted(), { completed: 1 });
    assert.equal((await seam.call('executions', 'a')).count, 1);
  });

  test('gives a worker the jobs that it has leased already, and no others', async (t) => {
    const { seam, proxy } = await cutOff(t);
    await seam.enqueue(...newJobs(5));
    const worker = await seam.worker();
    proxy.commitsToCut = 1;
    const jobs = await worker.take(2);
    assert.equal(proxy.commitsToCut, 0);
    assert.deepEqual(
      jobs.map(({ id, attempts, slot }) => [id, attempts, slot]),
      [
        ['job-0', 1, 'w-0'],
        ['job-1', 1, 'w-1'],
      ],
    );
    assert.deepEqual(await seam.counted(), { pending: 3, running: 2 });
    assert.equal(await worker.end(jobs[0]!, completed), 'settled');
  });

  test('and that could not be asked again in time keeps no job from its worker', async (t) => {
    const { seam, proxy } = await cutOff(t);
    await seam.enqueue(...newJobs(3));
    const worker = await seam.worker();
    const committed = proxy.next(commit, 'answered');
    const claimed = seam.call('claim', claimOf(worker), { waitMs: 200 });
    await committed;
    proxy.cutOff();
    await assert.rejects(claimed, { code: 'database_unreachable' });
    proxy.isClosed = false;
    const jobs = await worker.take(3);
    assert.deepEqual(
      jobs.map(({ id, attempts }) => [id, attempts]),
      [
        ['job-0', 1],
        ['job-1', 1],
        ['job-2', 1],
      ],
    );
    assert.deepEqual(await seam.counted(), { running: 3 });
    for (const job of jobs) assert.equal(await worker.end(job, completed), 'settled');
  });

  test('and that is carried out long after it was given up keeps none either', async (t) => {
    const { seam, proxy } = await cutOff(t);
    await seam.enqueue(...newJobs(3));
    const worker = await seam.worker();
    const committing = proxy.next(commit);
    const claimed = seam.call('claim', claimOf(worker), { waitMs: 200 });
    const way = await committing;
    await assert.rejects(claimed, { code: 'database_unreachable' });
    const taking = worker.take(3);
    await found(() => isWaiting('workers'), 'the claim that waits for the one in doubt');
    way.release();
    assert.equal((await taking).length, 3);
    assert.deepEqual(await seam.counted(), { running: 3 });
  });
});

function claimOf({ key }: SeamWorker): Input<'claim'> {
  return { worker: key, tasks: ['greet'], queues: null, slots: slots(2), ...noSuspects };
}

describe('a lock that another session holds', () => {
  test('is waited for no longer than a call may wait, and nothing is changed', async (t) => {
    const { seam, schema } = await opened(t);
    const holder = await another(t);
    await holder.query(`BEGIN; LOCK TABLE ${schema}.jobs IN ACCESS EXCLUSIVE MODE`);
    const [answer] = await runAll(seam.store, [unit('enqueue', [newJob('a')], { waitMs: 200 })]);
    assert.equal(codeOf(answer), 'database_busy');
    await holder.query('ROLLBACK');
    assert.deepEqual(await seam.counted(), {});
  });

  test('holds up no heartbeat', async (t) => {
    const { seam, schema } = await opened(t);
    const worker = await seam.worker();
    const holder = await another(t);
    await holder.query(`BEGIN; LOCK TABLE ${schema}.jobs IN ACCESS EXCLUSIVE MODE`);
    const stuck = seam.enqueue(newJob('a'));
    const beat = unit('renew', { ...worker.key, stopping: false }, { caller: -1 });
    const [answer] = await runAll(seam.store, [beat]);
    assert.deepEqual(answer, { ok: true, reply: true });
    await holder.query('ROLLBACK');
    assert.deepEqual(await stuck, ['stored']);
  });

  test('is over for those that can still wait', async (t) => {
    const { seam, schema } = await opened(t);
    const holder = await another(t);
    await holder.query(`BEGIN; LOCK TABLE ${schema}.jobs IN ACCESS EXCLUSIVE MODE`);
    const answers = runAll(seam.store, [
      unit('enqueue', [newJob('a')], { waitMs: 100 }),
      unit('enqueue', [newJob('b')]),
    ]);
    const first = await runAll(seam.store, [unit('enqueue', [newJob('c')], { waitMs: 150 })]);
    await holder.query('ROLLBACK');
    assert.deepEqual((await answers).map(codeOf), ['database_busy', 'answered']);
    assert.deepEqual(first.map(codeOf), ['database_busy']);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });
});

describe('a server that refuses', () => {
  test('the password says so at once, and does not show it', async () => {
    const address = new URL(await serverAddress());
    address.password = 'not-the-password';
    const opening = openPostgresStore(address.href, { clock: systemClock, initialize: true });
    await assert.rejects(opening, (error: Error & { code: string }) => {
      assert.equal(error.code, 'database_refused');
      assert.doesNotMatch(error.message, /not-the-password/u);
      return true;
    });
  });

  test('a role to write is a clear error, and over when it may', async (t) => {
    const { seam, schema } = await opened(t);
    await query(`CREATE ROLE ${schema} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA ${schema} TO ${schema};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${schema}`);
    t.after(() => query(`DROP OWNED BY ${schema}; DROP ROLE ${schema}`).then(() => undefined));
    const address = new URL(await serverAddress());
    Object.assign(address, { username: schema, password: 'x' });
    address.searchParams.set('schema', schema);
    const store = await openPostgresStore(address.href, { clock: systemClock, initialize: true });
    t.after(() => store.close());
    const restricted = new Seam(store, systemClock as never);
    await assert.rejects(restricted.enqueue(newJob('a')), { code: 'database_refused' });
    await query(`GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${schema}`);
    assert.deepEqual(await restricted.enqueue(newJob('a')), ['stored']);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  test('to write at all is told as read only', async (t) => {
    const { address } = await opened(t);
    const readOnly = new URL(address);
    readOnly.searchParams.set('options', '-c default_transaction_read_only=on');
    const store = await openPostgresStore(readOnly.href, { clock: systemClock, initialize: true });
    t.after(() => store.close());
    const seam = new Seam(store, systemClock as never);
    await assert.rejects(seam.enqueue(newJob('a')), { code: 'database_readonly' });
    assert.deepEqual(await seam.counted(), {});
  });
});

describe('an address', () => {
  test('that the driver cannot use is refused, without the password', async () => {
    const unusable: readonly (readonly [address: string, message: RegExp])[] = [
      ['postgres://u:top/secret@127.0.0.1/db', /the address cannot be read$/u],
      ['postgres://u:secret@127.0.0.1:99999/db', /the address cannot be read$/u],
      ['postgres://u:secret%ff@127.0.0.1/db', /the address cannot be read$/u],
      ['postgres://u:secret@127.0.0.1/db?sslrootcert=/nonexist', /sslrootcert: .*'\/nonexist'$/u],
    ];
    for (const [address, message] of unusable) {
      await using queue = new JobQueue(address);
      for (const call of [doctor, migrate, () => queue.stats()])
        await assert.rejects(call(address), (error: Error & { code: string }) => {
          assert.equal(error.code, 'invalid_option');
          assert.match(error.message, message);
          assert.doesNotMatch(inspect(error), /secret/u);
          return true;
        });
    }
  });
});

describe('a schema', () => {
  test('that is not there is not made by who only looks', async () => {
    const { address } = await freshSchema();
    const opening = openPostgresStore(address, { clock: systemClock, initialize: false });
    await assert.rejects(opening, { code: 'database_missing' });
  });

  test('that a newer gigq has migrated is written to no more', async (t) => {
    const { seam, schema } = await opened(t);
    await seam.enqueue(newJob('a'));
    await query(`INSERT INTO ${schema}.migrations VALUES (99, 'later', 'x', 0)`);
    await assert.rejects(seam.enqueue(newJob('b')), { code: 'schema_newer' });
    await query(`DELETE FROM ${schema}.migrations WHERE version = 99`);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  test('that is being migrated is waited for', async (t) => {
    const { seam, schema } = await opened(t);
    const migrating = await another(t);
    await migrating.query(`BEGIN; LOCK TABLE ${schema}.migrations IN ACCESS EXCLUSIVE MODE;
      INSERT INTO ${schema}.migrations VALUES (99, 'later', 'x', 0)`);
    const enqueued = seam.enqueue(newJob('a'));
    const refused = assert.rejects(enqueued, { code: 'schema_newer' });
    await migrating.query('COMMIT');
    await refused;
  });
});

describe('a pooler that gives each transaction another session', () => {
  test('need not know what was prepared on the last one', async (t) => {
    const { address } = await opened(t);
    const driver = new Driver(await loadPg(), parseAddress(address));
    const connection = new Connection(driver, 'full');
    t.after(() => connection.close());
    await connection.ready();
    await connection.get('now');
    await connection.query('DEALLOCATE ALL');
    await assert.rejects(connection.get('now'), (error) => error instanceof Passing);
    await connection.ready();
    assert.ok(Number((await connection.get('now'))?.['now']) > 0);
  });
});
