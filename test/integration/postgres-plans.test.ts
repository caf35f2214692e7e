// How PostgreSQL goes about the statements of the hot path, whatever it believes of the tables: none may read the backlog.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseAddress } from '../../dist/store/postgres/address.js';
import { Driver } from '../../dist/store/postgres/connecting.js';
import { Connection } from '../../dist/store/postgres/connection.js';
import { loadPg } from '../../dist/store/postgres/library.js';
import { migrate } from '../../dist/store/postgres/migrating.js';
import { prepare, type Statement } from '../../dist/store/postgres/prepared.js';
import { freshSchema, query } from '../helpers/store-postgres.ts';

/** The indexes by which each statement has to go, and no others of the jobs. */
const byIndex: Readonly<Partial<Record<Statement, readonly string[]>>> = {
  claim: [
    'edges_parent',
    'edges_pkey',
    'jobs_due',
    'jobs_line',
    'jobs_pkey',
    'jobs_ready',
    'workers_instance_epoch_key',
    'workflows_pkey',
  ],
  promote: ['jobs_due', 'jobs_pkey', 'workers_instance_epoch_key'],
  settle: ['jobs_pkey'],
  retry: ['jobs_pkey'],
  progress: ['jobs_pkey'],
  dependents: ['edges_parent', 'jobs_pkey'],
  release: ['edges_parent', 'jobs_pkey'],
  countWorkflows: [
    'edges_parent',
    'executions_pkey',
    'jobs_pkey',
    'jobs_running',
    'workers_instance_epoch_key',
    'workflows_pkey',
  ],
  takeDown: ['jobs_pkey'],
  endedAs: ['executions_pkey', 'jobs_pkey'],
  runningJobs: [
    'edges_pkey',
    'jobs_pkey',
    'jobs_running',
    'workers_instance_epoch_key',
    'workflows_pkey',
  ],
  running: ['jobs_running', 'workers_pkey'],
  readyLanes: ['jobs_ready'],
  list: ['edges_pkey', 'jobs_pkey', 'workflows_id_key', 'workflows_pkey'],
  ahead: ['jobs_ready'],
  passedOver: ['jobs_ready'],
  held: ['jobs_running', 'workers_instance_epoch_key'],
  heldAmong: ['jobs_pkey', 'workers_instance_epoch_key'],
  inputs: ['edges_pkey', 'jobs_pkey'],
  inputsSize: ['edges_pkey', 'jobs_pkey'],
  lockJobs: ['jobs_pkey'],
  lockParents: ['jobs_id_key'],
  lockWorker: ['workers_instance_epoch_key'],
  outcomes: ['jobs_id_key'],
  removeJobs: ['edges_pkey', 'executions_pkey', 'jobs_pkey'],
  renew: ['workers_instance_epoch_key'],
};

const many = 20_000;

/** Jobs of two lanes in all states that matter. */
function fill(schema: string): string {
  return `
    INSERT INTO ${schema}.lanes (queue, task, suspect) VALUES ('default', 'one', 0), ('default', 'two', 0);
    INSERT INTO ${schema}.jobs (id, lane, name, description, params, priority, status, max_attempts, created_at, updated_at, run_at, token, worker, slot, started_at)
    SELECT 'job-' || n, 1 + n % 2, 'one', '', '{}', n % 3, (ARRAY['pending', 'scheduled', 'running', 'completed'])[1 + n % 4], 3, 0, 0, n, n, 1, 'w', 0
    FROM generate_series(1, ${many}) AS n`;
}

/** What the planner knows, and how it came to know that. */
const statistics: Readonly<Record<string, (schema: string) => readonly string[]>> = {
  fresh: (schema) => [fill(schema), `ANALYZE ${schema}.jobs`],
  absent: (schema) => [fill(schema)],
  'stale, of an empty table,': (schema) => [
    `ANALYZE ${schema}.jobs; ANALYZE ${schema}.lanes`,
    fill(schema),
  ],
  'stale, of a table where nothing was ready,': (schema) => [
    fill(schema),
    `UPDATE ${schema}.jobs SET status = 'completed'; ANALYZE ${schema}.jobs`,
    `UPDATE ${schema}.jobs SET status = (ARRAY['pending', 'scheduled', 'running', 'completed'])[1 + seq % 4]`,
  ],
};

for (const [name, steps] of Object.entries(statistics)) {
  describe(`with ${name} statistics`, () => {
    let connection: Connection;

    before(async () => {
      const { address, schema } = await freshSchema();
      connection = new Connection(new Driver(await loadPg(), parseAddress(address)), 'full');
      await migrate(connection, { dryRun: false });
      for (const step of steps(schema)) await query(step);
    });

    after(() => connection.close());

    for (const [statement, indexes] of Object.entries(byIndex) as [Statement, string[]][]) {
      test(`${statement} goes by its indexes alone`, async () => {
        const plan = await planOf(connection, statement);
        assert.doesNotMatch(plan, /Seq Scan on (?:jobs|edges|executions)/u);
        assert.deepEqual(indexesIn(plan), indexes, plan);
        if (statement !== 'list') assert.deepEqual(unboundedIn(plan), [], plan);
      });
    }

    test('claim takes the first of the line, and of each range of a lane, without sorting them', async () => {
      const plan = await planOf(connection, 'claim');
      const limited = plan.matchAll(
        /->  Limit .*\n(?:.*->  Result .*\n.*One-Time Filter: .*\n)?.* using (?<index>jobs_line|jobs_ready) /gu,
      );
      assert.deepEqual(
        Array.from(limited, ({ groups }) => groups?.['index']),
        ['jobs_line', 'jobs_ready', 'jobs_ready', 'jobs_ready'],
        plan,
      );
    });

    test('claim leases no more than it is asked for', async () => {
      await connection.begin(1000);
      const rows = await connection.all('claim', await aClaim(connection));
      await connection.rollback();
      assert.equal(rows.length, 10);
      assert.equal(new Set(rows.map(({ seq }) => seq)).size, 10);
    });
  });
}

/** Scans through the whole of an index. Of the line, a claim takes the first. */
function unboundedIn(plan: string): readonly string[] {
  return plan
    .split('\n')
    .filter(
      (line, place, all) =>
        / using (?!jobs_line)(?:jobs|edges|executions|workflows)_/u.test(line) &&
        !all[place + 1]?.includes('Cond:'),
    );
}

/** Lanes are few: any index of theirs will do. */
function indexesIn(plan: string): readonly string[] {
  const scans = plan.matchAll(/Index (?:Only )?Scan (?:Backward )?using (?<index>\w+_\w+)/gu);
  const names = Array.from(scans, ({ groups }) => String(groups?.['index']));
  return [...new Set(names.toSorted((a, b) => a.localeCompare(b)))].filter(
    (name) => !name.startsWith('lanes_'),
  );
}

/** As it is planned for whatever values may come, and kept. */
async function planOf(connection: Connection, statement: Statement): Promise<string> {
  const { text, parameters } = prepare(statement, connection.address.schema);
  const values = parameters.length === 0 ? '' : `(${parameters.map(() => 'NULL').join(', ')})`;
  await connection.begin(1000);
  await connection.query(`PREPARE planned AS ${text}`);
  const { rows } = await connection.query(`EXPLAIN EXECUTE planned ${values}`);
  await connection.rollback();
  await connection.query('DEALLOCATE planned');
  return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
}

async function aClaim(connection: Connection) {
  const worker = { instance: 'w', epoch: 1 };
  await connection.all('registerWorker', {
    ...{ instance: 'w', label: 'w', host: 'here', pid: 1, pidStart: null, bootId: null },
    ...{ pidNamespace: null, version: '', queues: null, tasks: '[]', processTasks: '[]' },
    ...{ moduleTasks: '[]', concurrency: 10, leaseMs: 30_000 },
  });
  const places = Array.from({ length: 100 }, (_, place) => place);
  const grants = { ended: [], from: 0, level: 0, tokens: places, slots: places.map(String) };
  return { ...worker, ...grants, lanes: [1, 2], inLanes: true, window: 100, limit: 10 };
}
