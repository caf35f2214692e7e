// What a role needs to work with a schema that another one has made: just what the page says, and who lacks it is told.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import pg from 'pg';
import { JobQueue, task, Worker, Workflow } from 'gigq';
import { doctor, migrate } from 'gigq/admin';
import { migrations } from '../../dist/store/postgres/sql.gen.js';
import { blocksOf } from '../docs/pages.ts';
import { createProject } from '../fixtures/cli/project.ts';
import { newRole } from '../helpers/postgres-role.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import { found, place } from '../helpers/worker-place.ts';

interface Restricted {
  readonly schema: string;
  readonly role: string;
  /** As that role. */
  readonly address: string;
  /** As who owns the schema. */
  readonly owner: string;
}

/** The grants of the page, for another schema and another role. */
function documented({ schema, role }: Pick<Restricted, 'schema' | 'role'>): readonly string[] {
  const grants = blocksOf('docs/postgresql.md').find(({ language }) => language === 'sql');
  assert.ok(grants !== undefined);
  return grants.text
    .replaceAll(/\bgigq\b/gu, schema)
    .replaceAll(/\bapp\b/gu, role)
    .split(';\n')
    .filter((statement) => statement.trim() !== '');
}

async function restricted(t: TestContext): Promise<Restricted> {
  const { address: owner, schema } = await freshSchema();
  return { schema, owner, ...(await newRole(t, owner)) };
}

async function granted(t: TestContext): Promise<Restricted> {
  const here = await restricted(t);
  await migrate(here.owner);
  for (const statement of documented(here)) await query(statement);
  return here;
}

const greet = task('greet', async ({ name }: { name: string }) => `hello ${name}`);

describe('a role with the grants of the page', () => {
  test('cannot create anything, and its doctor is content', async (t) => {
    const { schema, address } = await granted(t);
    const client = new pg.Client({ connectionString: address.replace(/\?.*/u, '') });
    await client.connect();
    t.after(() => client.end());
    await assert.rejects(client.query(`CREATE TABLE ${schema}.more (id int)`), { code: '42501' });
    const { checked, findings } = await doctor(address);
    assert.equal(checked.at(-1), 'workers');
    assert.deepEqual(
      findings.filter(({ code }) => code !== 'server_unsafe'),
      [],
    );
  });

  test('submits, works, waits, looks, cancels, requeues and clears', async (t) => {
    const { address } = await granted(t);
    const { queue, worker } = place(t, address);
    const handle = await greet.submit(queue, { name: 'Ada' });
    const flow = new Workflow('flow');
    const first = flow.addTask(greet, { name: 'Bob' });
    flow.addTask(greet, { name: first.result });
    const run = await flow.submitAll(queue);
    const later = await greet.submit(queue, { name: 'Eve' }, { delay: '1h' });
    assert.equal(await worker().drain(), 3);
    assert.equal(await handle.result(), 'hello Ada');
    assert.equal((await run.status()).status, 'completed');
    assert.equal(await queue.cancel(later.id), true);
    assert.equal(await queue.requeueJob(later.id), true);
    assert.equal((await queue.listJobs()).length, 4);
    assert.equal((await queue.stats()).total, 4);
    assert.equal((await queue.workers()).length, 1);
    assert.equal(await queue.clearCompleted(), 3);
  });

  test('submits in a transaction of its own', async (t) => {
    const { address } = await granted(t);
    const queue = new JobQueue(address);
    t.after(() => queue.close());
    const client = new pg.Client({ connectionString: address.replace(/\?.*/u, '') });
    await client.connect();
    t.after(() => client.end());
    await client.query('BEGIN');
    const { id } = await greet.submit(queue, { name: 'Ada' }, { tx: client });
    await client.query('COMMIT');
    assert.equal((await queue.getStatus(id))?.status, 'pending');
  });

  test('has the tables of later migrations, too', async (t) => {
    const { schema, role } = await granted(t);
    await query(`CREATE TABLE ${schema}.of_later (id integer)`);
    const [row] = await query('SELECT has_table_privilege($1, $2, $3) AS may', [
      role,
      `${schema}.of_later`,
      'SELECT, INSERT, UPDATE, DELETE',
    ]);
    assert.equal(row?.['may'], true);
  });
});

describe('a grant that is missing', () => {
  const missing: Readonly<Record<string, readonly [revoked: string, granted: string]>> = {
    schema: ['USAGE ON SCHEMA :schema', 'GRANT USAGE ON SCHEMA ":schema" TO <role>'],
    table: [
      'INSERT ON :schema.jobs',
      'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE ":schema".jobs TO <role>',
    ],
  };
  for (const [what, [revoked, statement]] of Object.entries(missing)) {
    test(`on a ${what} is an error that names it, and over when it is granted`, async (t) => {
      const { address, schema, role } = await granted(t);
      const sql = revoked.replace(':schema', schema);
      await query(`REVOKE ${sql} FROM ${role}`);
      const queue = new JobQueue(address);
      t.after(() => queue.close());
      await assert.rejects(greet.submit(queue, { name: 'Ada' }), (error: Error) => {
        const { code, hint } = error as Error & { code: string; hint: string };
        assert.equal(code, 'database_refused');
        assert.ok(hint.includes(statement.replace(':schema', schema)), hint);
        return true;
      });
      await query(`GRANT ${sql} TO ${role}`);
      await greet.submit(queue, { name: 'Ada' });
      assert.equal((await queue.stats()).pending, 1);
    });
  }

  test('on the clock is an error that names it', async (t) => {
    const { address, schema } = await granted(t);
    await query(`REVOKE EXECUTE ON FUNCTION ${schema}.now_ms() FROM PUBLIC`);
    const queue = new JobQueue(address);
    t.after(() => queue.close());
    await assert.rejects(greet.submit(queue, { name: 'Ada' }), (error: Error) => {
      const { hint } = error as Error & { hint: string };
      assert.ok(hint.includes(`GRANT EXECUTE ON FUNCTION "${schema}".now_ms() TO <role>`), hint);
      return true;
    });
  });
});

describe('a role that may not create', () => {
  test('is told so where the schema is missing, and makes nothing', async (t) => {
    const { address, schema } = await restricted(t);
    const queue = new JobQueue(address);
    t.after(() => queue.close());
    const refused = (error: Error): true => {
      const { code, hint } = error as Error & { code: string; hint: string };
      assert.equal(code, 'database_refused');
      assert.match(hint, /gigq migrate.*GRANT CREATE ON DATABASE "postgres" TO <role>$/u);
      return true;
    };
    await assert.rejects(greet.submit(queue, { name: 'Ada' }), refused);
    await assert.rejects(migrate(address), refused);
    await assert.rejects(migrate(address, { dryRun: true }), refused);
    assert.deepEqual(await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]), []);
  });

  test('is told so where only the schema is there', async (t) => {
    const { address, schema } = await restricted(t);
    await query(`CREATE SCHEMA ${schema}`);
    const refused = (error: Error): true => {
      const { hint } = error as Error & { hint: string };
      assert.ok(hint.endsWith(`GRANT CREATE ON SCHEMA "${schema}" TO <role>`), hint);
      return true;
    };
    await assert.rejects(migrate(address), refused);
    await assert.rejects(migrate(address, { dryRun: true }), refused);
  });

  test('is told so by a dry run as well, which tells others what is missing, and writes nothing', async (t) => {
    const project = createProject(t);
    const { address, schema, owner } = await restricted(t);
    const { code, stderr } = await project.run(['--db', address, 'migrate', '--dry-run']);
    assert.equal(code, 1);
    assert.match(stderr, /permission denied for database .*GRANT CREATE ON DATABASE/su);
    const all = migrations.map(
      ({ version, name }) => `${String(version).padStart(3, '0')}-${name}`,
    );
    const dry = { from: 0, to: all.length, applied: all };
    assert.deepEqual(await migrate(owner, { dryRun: true }), dry);
    assert.deepEqual(await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]), []);
  });

  test('sees by a dry run that nothing is missing', async (t) => {
    const { address } = await granted(t);
    const { applied } = await migrate(address, { dryRun: true });
    assert.deepEqual(applied, []);
    assert.deepEqual((await migrate(address)).applied, []);
  });
});

describe('connections', () => {
  /** How many a program has by that name. */
  async function count(name: string): Promise<number> {
    const rows = await query('SELECT FROM pg_stat_activity WHERE application_name = $1', [name]);
    return rows.length;
  }

  function named(address: string, name: string): string {
    const url = new URL(address);
    url.searchParams.set('application_name', name);
    return url.href;
  }

  test('are as many as the page says: one to submit, two to wait, three to work', async (t) => {
    const { address, schema } = await freshSchema();
    const queue = new JobQueue(named(address, schema));
    t.after(() => queue.close());
    const handle = await greet.submit(queue, { name: 'Ada' });
    assert.equal(await count(schema), 1);
    const waits = handle.result();
    await found(async () => (await count(schema)) === 2, '2 connections');
    const worker = new Worker(queue, {
      handleSignals: false,
      concurrency: 50,
      leaseDuration: '1s',
    });
    t.after(() => worker.close());
    const works = worker.start();
    assert.equal(await waits, 'hello Ada');
    await found(async () => (await count(schema)) === 3, '3 connections');
    await worker.stop();
    await works;
    assert.equal(await count(schema), 3);
  });

  test('of a worker by itself are three', async (t) => {
    const { address, schema } = await freshSchema();
    const worker = new Worker(named(address, schema), {
      handleSignals: false,
      tasks: [greet],
      leaseDuration: '1s',
    });
    t.after(() => worker.close());
    const works = worker.start();
    await found(async () => (await count(schema)) === 3, '3 connections');
    await worker.stop();
    await works;
  });
});
