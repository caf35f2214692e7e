// Servers that are set to end what takes them long, to refuse, or to make transactions fail that work elsewhere.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import pg from 'pg';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import { freshSchema, isWaiting, query } from '../helpers/store-postgres.ts';
import { completed, newJob, newJobs, Seam } from '../helpers/store-seam.ts';
import { found } from '../helpers/worker-place.ts';

interface Opened {
  readonly seam: Seam;
  readonly schema: string;
  readonly address: URL;
}

/** A store whose sessions begin with these settings, as if its role or its database had them. */
async function opened(t: TestContext, settings = ''): Promise<Opened> {
  const { address, schema } = await freshSchema();
  const own = new URL(address);
  own.searchParams.set('options', settings);
  const store = await openPostgresStore(own.href, { clock: systemClock, initialize: true });
  t.after(() => store.close());
  return { seam: new Seam(store, systemClock as never), schema, address: own };
}

/** A session beside the tests' own, ended with the test. */
async function another(t: TestContext, { href }: URL): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: href });
  await client.connect();
  t.after(() => client.end());
  return client;
}

/** Jobs are stored, claimed and settled as everywhere. */
async function assertWorks(seam: Seam, count = 30): Promise<void> {
  await seam.enqueue(...newJobs(count));
  const worker = await seam.worker();
  for (const job of await worker.take(count))
    assert.equal(await worker.end(job, completed), 'settled');
  assert.deepEqual(await seam.counted(), { completed: count });
}

describe('a role that is set', () => {
  for (const settings of [
    '-c statement_timeout=100',
    '-c lock_timeout=50',
    '-c idle_in_transaction_session_timeout=100',
    '-c default_transaction_isolation=serializable',
    '-c default_transaction_deferrable=on',
    '-c synchronous_commit=off',
    '-c plan_cache_mode=force_custom_plan -c enable_indexscan=off',
  ])
    test(`${settings} works as any other`, async (t) => {
      const { seam } = await opened(t, settings);
      await assertWorks(seam);
    });

  test('to serializable transactions sees what it has waited for', async (t) => {
    const { seam, schema, address } = await opened(
      t,
      '-c default_transaction_isolation=serializable',
    );
    const migrating = await another(t, address);
    await migrating.query(`BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE ${schema}.migrations IN ACCESS EXCLUSIVE MODE;
      INSERT INTO ${schema}.migrations VALUES (99, 'later', 'x', 0)`);
    const refused = assert.rejects(seam.enqueue(newJob('a')), { code: 'schema_newer' });
    await found(() => isWaiting(schema), 'the submit that waits');
    await migrating.query('COMMIT');
    await refused;
  });

  test('to end statements after 100 ms waits for a lock as long as a call may', async (t) => {
    const { seam, schema, address } = await opened(
      t,
      '-c statement_timeout=100 -c lock_timeout=50',
    );
    const holder = await another(
      t,
      new URL(address.href.replace('statement_timeout', 'deadlock_timeout')),
    );
    await holder.query(`BEGIN; LOCK TABLE ${schema}.jobs IN ACCESS EXCLUSIVE MODE`);
    const stored = seam.enqueue(newJob('a'));
    await found(() => isWaiting(schema), 'the submit that waits');
    await holder.query('SELECT pg_sleep(0.3); COMMIT');
    assert.deepEqual(await stored, ['stored']);
  });
});

describe('a deadlock with somebody else', () => {
  test('is tried again, and costs neither', async (t) => {
    const { seam, schema, address } = await opened(t, '-c deadlock_timeout=50');
    await seam.enqueue(...newJobs(2));
    const other = await another(t, address);
    await other.query(`BEGIN; SELECT FROM ${schema}.jobs WHERE seq = 2 FOR UPDATE`);
    const cancelled = seam.call('cancel', ['job-0', 'job-1']);
    await found(() => isWaiting(schema), 'the cancel that waits');
    await other.query(`SELECT FROM ${schema}.jobs WHERE seq = 1 FOR UPDATE`).then(
      () => other.query('COMMIT'),
      () => other.query('ROLLBACK'),
    );
    assert.deepEqual(await cancelled, [true, true]);
    assert.deepEqual(await seam.counted(), { cancelled: 2 });
  });
});

describe('a server that takes no more connections', () => {
  test('is tried again until the call may wait no longer, and serves when it does', async (t) => {
    const { schema } = await freshSchema();
    await query(`CREATE ROLE ${schema} LOGIN SUPERUSER PASSWORD 'x' CONNECTION LIMIT 0`);
    t.after(() => query(`DROP OWNED BY ${schema}; DROP ROLE ${schema}`).then(() => undefined));
    const address = new URL((await freshSchema()).address);
    await query(`ALTER ROLE ${schema} NOSUPERUSER`);
    await query(`GRANT CREATE ON DATABASE ${address.pathname.slice(1)} TO ${schema}`);
    Object.assign(address, { username: schema, password: 'x' });
    const options = { clock: systemClock, initialize: true };
    const opening = openPostgresStore(address.href, options);
    await assert.rejects(opening, {
      code: 'database_unreachable',
      message: /too many connections/u,
    });
    await query(`ALTER ROLE ${schema} CONNECTION LIMIT 5`);
    const store = await openPostgresStore(address.href, options);
    await assertWorks(new Seam(store, systemClock as never));
    await store.close();
  });
});

describe('a transaction that somebody leaves open', () => {
  test('holds up neither claims nor settlements, and nobody who is cut off in one does for long', async (t) => {
    const { seam, schema, address } = await opened(t);
    const old = await another(t, address);
    await old.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ${schema}.jobs`);
    for (let round = 0; round < 5; round += 1) {
      const ids = newJobs(50).map(({ id }) => newJob(`${id}-${round}`));
      await seam.enqueue(...ids);
      const worker = await seam.worker(`w${round}`);
      const jobs = await worker.take(50);
      assert.equal(jobs.length, 50);
      await Promise.all(jobs.map((job) => worker.end(job, completed)));
    }
    assert.deepEqual(await seam.counted(), { completed: 250 });
    await old.query('COMMIT');
  });
});
