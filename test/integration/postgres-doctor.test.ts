// What the doctor finds of a server, of what its role may do there and of the tables of a schema.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import pg from 'pg';
import { doctor, type Finding, type FindingCode, migrate } from 'gigq/admin';
import { systemClock } from '../../dist/store/clock.js';
import { parseAddress } from '../../dist/store/postgres/address.js';
import { Driver } from '../../dist/store/postgres/connecting.js';
import { examinePostgres } from '../../dist/store/postgres/doctor/examine.js';
import { findOldTransactions } from '../../dist/store/postgres/doctor/sessions.js';
import { lookAt } from '../../dist/store/postgres/doctor/snapshot.js';
import { loadPg } from '../../dist/store/postgres/library.js';
import { madeIn } from '../../dist/store/postgres/made.js';
import { createProject } from '../fixtures/cli/project.ts';
import { Proxy } from '../helpers/postgres-proxy.ts';
import { password } from '../helpers/postgres-cluster.ts';
import { newRole } from '../helpers/postgres-role.ts';
import { freshSchema, type Place, query } from '../helpers/store-postgres.ts';
import { found as eventually } from '../helpers/worker-place.ts';

async function migrated(): Promise<Place> {
  const place = await freshSchema();
  await migrate(place.address);
  return place;
}

/** The server of the tests is made to be quick, and told so. */
async function findingsAt(address: string): Promise<readonly Finding[]> {
  const { findings } = await doctor(address);
  return findings.filter(({ code }) => code !== 'server_unsafe');
}

async function found(address: string, code: FindingCode): Promise<Finding> {
  const findings = await findingsAt(address);
  const finding = findings.find((each) => each.code === code);
  assert.ok(finding, `${code} is not among ${JSON.stringify(findings)}`);
  return finding;
}

/** The address with settings for its sessions. */
function withSetting(address: string, setting: string): string {
  const url = new URL(address);
  url.searchParams.set('options', `-c ${setting}`);
  return url.href;
}

async function session(t: TestContext, address: string, name: string): Promise<pg.Client> {
  const connectionString = new URL(address);
  connectionString.searchParams.delete('schema');
  const client = new pg.Client({
    connectionString: connectionString.href,
    application_name: name,
  });
  await client.connect();
  t.after(() => client.end());
  return client;
}

describe('a sound schema', () => {
  it('is well, and what was looked at is told', async () => {
    const { address, schema } = await migrated();
    const { checked, findings } = await doctor(address);
    const [version = '', ...others] = checked;
    assert.match(version, /^PostgreSQL \d\d/u);
    assert.deepEqual(others, [
      'settings',
      'clock',
      'connections',
      'transactions',
      'role postgres',
      `schema ${schema}`,
      'tables',
      'indexes',
      'jobs',
      'workers',
    ]);
    assert.deepEqual(
      findings.filter(({ code }) => code !== 'server_unsafe'),
      [],
    );
  });

  it('that is not there, or only as another program has made it, is told, and nothing is made', async () => {
    const { address, schema } = await freshSchema();
    const finding = await found(address, 'database_missing');
    assert.match(finding.message, new RegExp(`holds no jobs in its schema ${schema}$`, 'u'));
    assert.match(finding.hint, /gigq migrate\.$/u);
    await query(`CREATE SCHEMA ${schema}`);
    await found(address, 'database_missing');
    assert.deepEqual(
      await query('SELECT FROM pg_class WHERE relnamespace = $1::regnamespace', [schema]),
      [],
    );
  });

  it('that a newer gigq has made is told', async () => {
    const { address, schema } = await migrated();
    await query(`INSERT INTO ${schema}.migrations VALUES (99, 'x', 'x', 0)`);
    await found(address, 'schema_newer');
  });
});

describe('a server', () => {
  it('that cannot be reached is told, without the password', async () => {
    const { address } = await freshSchema();
    const nowhere = new URL(address);
    nowhere.port = '1';
    const { checked, findings } = await doctor(nowhere.href);
    assert.deepEqual(checked, []);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['database_unreachable'],
    );
    assert.ok(!JSON.stringify(findings).includes(password));
  });

  it('that refuses us is told', async () => {
    const { address } = await freshSchema();
    const wrong = new URL(address);
    wrong.pathname = '/nowhere';
    await found(wrong.href, 'database_refused');
  });

  it('with the name of a schema that cannot be is refused', async () => {
    const { address } = await freshSchema();
    for (const schema of ['pg_jobs', 'information_schema', '%0A', 'two%0Alines'])
      await assert.rejects(doctor(address.replace(/schema=.*/u, `schema=${schema}`)), {
        code: 'invalid_option',
        message: /schema/u,
      });
  });

  const settings: readonly (readonly [setting: string, code: FindingCode, message: RegExp])[] = [
    ['synchronous_commit=off', 'commits_unsafe', /acknowledged jobs can be lost/u],
    ['track_counts=off', 'autovacuum_off', /^track_counts is off/u],
    ['default_transaction_read_only=on', 'database_readonly', /is set to be read only/u],
  ];
  for (const [setting, code, message] of settings) {
    it(`with ${setting} is told: ${code}`, async () => {
      const { address } = await migrated();
      const finding = await found(withSetting(address, setting), code);
      assert.equal(finding.severity, 'problem');
      assert.match(finding.message, message);
    });
  }

  it('that does not write to its disk is told', async () => {
    const { address } = await migrated();
    const [row] = await query("SELECT current_setting('fsync') AS fsync");
    const { findings } = await doctor(address);
    const isTold = findings.some(({ message }) => message.startsWith('fsync is off'));
    assert.equal(isTold, row?.['fsync'] === 'off');
  });

  it('whose clock is another is told, and by how much', async () => {
    const { address } = await migrated();
    const look = { isGone: () => false, thorough: true };
    const told = async (aheadMs: number): Promise<string | undefined> => {
      const clock = { ...systemClock, wall: () => Date.now() - aheadMs };
      const { findings } = await examinePostgres(address, { ...look, clock });
      return findings.find(({ code }) => code === 'clock_differs')?.message;
    };
    assert.match((await told(3_600_000)) ?? '', /^The clock of the server is 360\d s ahead of/u);
    assert.match((await told(-3_600_000)) ?? '', /^The clock of the server is 3\d\d\d s behind/u);
  });

  it('behind a pooler is told', async () => {
    const { address } = await migrated();
    const { proxy, address: way } = await Proxy.before(address);
    proxy.isPooler = true;
    const finding = await found(way, 'pooled');
    assert.equal(finding.severity, 'advice');
  });
});

describe('transactions', () => {
  /** What is found of the sessions of that name, however young they are. */
  async function told(address: string, name: string): Promise<Finding | undefined> {
    const driver = new Driver(await loadPg(), parseAddress(address), systemClock);
    let findings: readonly Finding[] = [];
    await lookAt(driver, async (snapshot) => {
      findings = await findOldTransactions(snapshot, 0);
    });
    return findings.find(({ message }) => message.includes(`(${name})`));
  }

  it('that keep dead rows are told by their process, and by what ends them', async (t) => {
    const { address, schema } = await migrated();
    const client = await session(t, address, schema);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT 1');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const finding = await told(address, schema);
    assert.ok(finding !== undefined);
    const pid = rows[0]?.pid ?? 0;
    assert.ok(
      finding.message.startsWith(
        `Process ${pid} of postgres (${schema}) has been idle in a transaction for 0 s`,
      ),
      finding.message,
    );
    assert.match(finding.message, /dead rows of jobs cannot be removed$/u);
    assert.ok(finding.hint.includes(`pg_terminate_backend(${pid})`));
    assert.equal(finding.severity, 'advice');
    await client.query('COMMIT');
    assert.equal(await told(address, schema), undefined);
  });

  it('that are a minute old are told by the doctor, younger ones are not', async (t) => {
    const { address, schema } = await migrated();
    const client = await session(t, address, schema);
    await client.query('BEGIN');
    assert.deepEqual(await findingsAt(address), []);
  });
});

describe('a role', () => {
  it('with all that it needs is well, and sees its own transactions', async (t) => {
    const { address, schema } = await migrated();
    const { role, address: own } = await newRole(t, address);
    await query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    );
    assert.deepEqual(await findingsAt(own), []);
    const { checked } = await doctor(own);
    assert.ok(checked.includes(`role ${role}`) && checked.includes(`transactions of ${role}`));
  });

  it('that lacks something is told what to grant, and is well once that was run', async (t) => {
    const { address, schema } = await migrated();
    const { role, address: own } = await newRole(t, address);
    const steps: string[] = [];
    for (;;) {
      const finding = (await findingsAt(own)).find(({ code }) => code === 'grants_missing');
      if (finding === undefined) break;
      assert.equal(finding.severity, 'problem');
      const [, statements = ''] = finding.hint.split('run: ');
      steps.push(statements);
      await query(statements);
    }
    assert.equal(steps.length, 1, steps.join('\n'));
    assert.ok(steps[0]?.includes(`GRANT USAGE ON SCHEMA "${schema}" TO "${role}"`));
    assert.deepEqual(await findingsAt(own), []);
  });

  it('that may read but not write is told, and the jobs are looked at all the same', async (t) => {
    const { address, schema } = await migrated();
    const { role, address: own } = await newRole(t, address);
    await query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
    await query(`GRANT INSERT, UPDATE, DELETE ON ${schema}.jobs TO ${role}`);
    const { checked, findings } = await doctor(own);
    assert.ok(checked.includes('workers'));
    const finding = findings.find(({ code }) => code === 'grants_missing');
    assert.match(
      finding?.message ?? '',
      /: INSERT, UPDATE, DELETE on edges, executions, lanes, workers, workflows$/u,
    );
  });

  it('that may not create what is missing is told so', async (t) => {
    const { address, schema } = await freshSchema();
    const { role, address: own } = await newRole(t, address);
    const { hint } = await found(own, 'database_missing');
    assert.ok(hint.includes(`${role} may not`), hint);
    await query(`CREATE SCHEMA ${schema}`);
    assert.ok((await found(own, 'grants_missing')).hint.includes('GRANT USAGE ON SCHEMA'));
  });
});

describe('tables', () => {
  /** What a server counts it may know a little later, before version 15. */
  const until = <T>(look: () => Promise<T>): Promise<NonNullable<T>> =>
    eventually(look, 'what the server has counted');

  it('have the indexes that the migrations make, and no others', async () => {
    const { schema } = await migrated();
    const rows = await query(
      `SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname = $1 AND relkind = 'i' AND relname <> 'migrations_pkey'`,
      [schema],
    );
    assert.deepEqual(
      rows.map(({ name }) => String(name)).toSorted(),
      [...madeIn(schema).indexes.keys()].toSorted(),
    );
  });

  it('that lack an index are told how it is made, and are well once that was run', async () => {
    const { address, schema } = await migrated();
    for (const [name, statement] of madeIn(schema).indexes) {
      const isConstraint = statement.startsWith('ALTER');
      const [, table = ''] = /TABLE "\w+"\.(\w+)/u.exec(statement) ?? [];
      await query(
        isConstraint
          ? `ALTER TABLE ${schema}.${table} DROP CONSTRAINT ${name}`
          : `DROP INDEX ${schema}.${name}`,
      );
    }
    const findings = await findingsAt(address);
    assert.deepEqual(new Set(findings.map(({ code }) => code)), new Set(['index_missing']));
    for (const { hint } of findings) await query(hint.replace('Make it again: ', ''));
    assert.deepEqual(await findingsAt(address), []);
  });

  it('with an index that is not valid are told how it is made anew', async () => {
    const { address, schema } = await migrated();
    await query('UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass', [
      `${schema}.jobs_due`,
    ]);
    const { hint } = await found(address, 'index_invalid');
    await query(hint.replace('Make it anew: ', ''));
    assert.deepEqual(await findingsAt(address), []);
  });

  it('that nobody vacuums are told, and so are those with more dead rows than live ones', async () => {
    const { address, schema } = await migrated();
    await query(`ALTER TABLE ${schema}.lanes SET (autovacuum_enabled = off)`);
    const client = new pg.Client({ connectionString: address.replace(/\?.*/u, '') });
    await client.connect();
    await client.query(
      `INSERT INTO ${schema}.lanes (queue, task, suspect) SELECT 'q', n::text, 0 FROM generate_series(1, 10100) AS n`,
    );
    await client.query(`DELETE FROM ${schema}.lanes`);
    // What a session did is counted at its end.
    await client.end();
    const off = await found(address, 'autovacuum_off');
    assert.equal(off.message, 'autovacuum is off for the table lanes');
    const bloated = await until(async () =>
      (await findingsAt(address)).find(({ code }) => code === 'table_bloated'),
    );
    assert.match(
      bloated.message,
      /^The table lanes has 10100 dead rows beside 0 live ones; .* never$/u,
    );
    await query(off.hint);
    await query(`VACUUM ${schema}.lanes`);
    await until(async () => (await findingsAt(address)).length === 0);
  });

  it('that are not there are told', async () => {
    const { address, schema } = await migrated();
    await query(`DROP TABLE ${schema}.edges`);
    await found(address, 'database_invalid');
  });
});

describe('gigq doctor on a server', () => {
  it('prints what it found, without the password, and ends with 1 if there is a problem', async (t) => {
    const project = createProject(t);
    const { address, schema } = await migrated();
    await query(`DROP INDEX ${schema}.jobs_due`);
    // Not on the command line, where others can read it.
    const env = { GIGQ_DB: address };
    const { code, stdout, stderr } = await project.run(['doctor'], { env });
    assert.deepEqual([code, stderr], [1, '']);
    assert.match(stdout, /^Looked at: PostgreSQL .*, workers\.$/mu);
    assert.match(
      stdout,
      /^problem {2}The index jobs_due is missing \[index_missing\]\n {2}Make it again: CREATE INDEX CONCURRENTLY jobs_due ON /mu,
    );
    assert.ok(!stdout.includes(password));
    const json = await project.run(['doctor', '--json'], { env });
    assert.ok(!json.stdout.includes(password));
    const codes = json.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Finding).code);
    assert.ok(codes.includes('index_missing'));
  });

  const nowhere = '127.0.0.1:1/db';
  const telling = [
    `postgres://sp:top secret@${nowhere}`,
    `postgres://sp:top@secret@${nowhere}`,
    `postgres://127.0.0.1:1?secret@h/db`,
    `postgres://${nowhere}?sslpassword=secret`,
    `postgres://${nowhere}?password=top secret&connect_timeout=1`,
    `postgres://${nowhere}?password=top@secret`,
  ];

  it('hides a password that was not percent-encoded', async (t) => {
    const project = createProject(t);
    for (const address of telling) {
      const { code, stdout, stderr } = await project.run(['doctor'], { env: { GIGQ_DB: address } });
      assert.deepEqual([code, stderr], [1, '']);
      assert.match(stdout, /^postgres:.*\*\*\*.* has a problem\.$/mu);
      assert.doesNotMatch(stdout, /secret|top/u);
    }
    assert.equal(parseAddress('postgres://u:123?secret@h/db').shown, 'postgres://***');
  });
});
