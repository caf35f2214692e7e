// What the database holds when all is over, read past the store: it may be the one that is wrong.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isServerAddress } from '../../dist/core/server-address.js';

export interface JobRow {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly maxAttempts: number;
  /** How many runs there were. */
  readonly number: number;
  readonly parents: readonly string[];
  readonly hasLease: boolean;
  readonly hasWorker: boolean;
  readonly waitingFor: number;
  readonly error: string | null;
}

export interface ExecutionRow {
  readonly job: string;
  readonly number: number;
  readonly attempt: number;
  readonly status: string;
}

export interface Records {
  readonly jobs: readonly JobRow[];
  readonly executions: readonly ExecutionRow[];
  /** What the database itself finds wrong with it. */
  readonly damage: readonly string[];
  /** Counters that are not what counting gives. */
  readonly miscounts: readonly string[];
}

const states = 'blocked scheduled pending running completed failed timeout cancelled'.split(' ');

type Rows = (sql: string) => Record<string, unknown>[];

/** What a store calls its tables, and how it puts the parents of a job into one column. */
interface Dialect {
  readonly table: (name: string) => string;
  readonly list: string;
}

const sqlite: Dialect = { table: (name) => `gigq_${name}`, list: 'json_group_array' };

export function readRecords(database: string): Records {
  return isServerAddress(database) ? readFromServer(database) : readFile(database);
}

function readFile(path: string): Records {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows: Rows = (sql) => database.prepare(sql).all();
  try {
    // One snapshot: the counters and what they count, though somebody may still be at work.
    database.exec('BEGIN');
    const owners = ['lane', 'workflow'];
    const miscounts = owners.flatMap((owner) => rows(recount(sqlite, owner)));
    return recordsOf({
      jobs: rows(jobsSql(sqlite)),
      executions: rows(executionsSql(sqlite)),
      damage: damageIn(rows),
      miscounts,
    });
  } finally {
    database.close();
  }
}

/** By another process, because nobody can wait for the driver here. */
function readFromServer(address: string): Records {
  const schema = new URL(address).searchParams.get('schema') ?? 'gigq';
  const dialect = { table: (name: string) => `${schema}.${name}`, list: 'json_agg' };
  const program = join(import.meta.dirname, '../fixtures/faults/read-rows.ts');
  const queries = [jobsSql(dialect), executionsSql(dialect), recount(dialect, 'workflow')];
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const read = execFileSync(process.execPath, [program, address, ...queries], options);
  const [jobs = [], executions = [], miscounts = []] = JSON.parse(read) as ReturnType<Rows>[];
  return recordsOf({ jobs, executions, damage: [], miscounts });
}

interface Found {
  readonly jobs: ReturnType<Rows>;
  readonly executions: ReturnType<Rows>;
  readonly damage: readonly string[];
  readonly miscounts: ReturnType<Rows>;
}

function recordsOf({ jobs, executions, damage, miscounts }: Found): Records {
  return {
    jobs: jobs.map(toJob),
    executions: executions as unknown as ExecutionRow[],
    damage,
    miscounts: miscounts.map(toMiscount),
  };
}

function jobsSql({ table, list }: Dialect): string {
  return `
SELECT id, status, attempts, max_attempts AS "maxAttempts", number, waiting_for AS "waitingFor", error,
  CASE WHEN token IS NOT NULL AND worker IS NOT NULL THEN 1 ELSE 0 END AS "hasLease",
  CASE WHEN EXISTS (SELECT 1 FROM ${table('workers')} AS w WHERE w.id = worker) THEN 1 ELSE 0 END AS "hasWorker",
  (SELECT ${list}(parent_id ORDER BY place) FROM ${table('edges')} WHERE child = seq) AS parents
FROM ${table('jobs')} ORDER BY seq`;
}

// The run that ended a job as it ended itself is recorded by the job's row.
function executionsSql({ table }: Dialect): string {
  return `
SELECT j.id AS job, e.number, attempt, e.status
FROM ${table('executions')} AS e JOIN ${table('jobs')} AS j ON seq = job
UNION ALL
SELECT id, number, attempts, status FROM ${table('jobs')} AS j
WHERE status IN ('completed', 'failed', 'timeout')
  AND NOT EXISTS (SELECT 1 FROM ${table('executions')} AS e WHERE e.job = seq AND e.number = j.number)
ORDER BY 1, 2`;
}

function toJob(row: Record<string, unknown>): JobRow {
  const { parents } = row;
  return {
    ...(row as unknown as JobRow),
    hasLease: row['hasLease'] === 1,
    hasWorker: row['hasWorker'] === 1,
    parents:
      typeof parents === 'string'
        ? (JSON.parse(parents) as string[])
        : ((parents ?? []) as string[]),
  };
}

function damageIn(rows: Rows): string[] {
  const integrity = rows('PRAGMA integrity_check').map((row) => String(row['integrity_check']));
  const foreign = rows('PRAGMA foreign_key_check').map((row) => JSON.stringify(row));
  return [...integrity.filter((line) => line !== 'ok'), ...foreign];
}

/** Lanes or workflows whose counters differ from what counting their jobs gives. */
function recount({ table }: Dialect, owner: string): string {
  const key = owner === 'lane' ? 'id' : 'seq';
  const counted = states.map(
    (state) =>
      `(SELECT count(*) FROM ${table('jobs')} WHERE ${owner} = o.${key} AND status = '${state}')`,
  );
  const pairs = states.map((state, place) => `o.${state} <> ${counted[place]}`);
  return `SELECT '${owner} ' || o.${key} AS what FROM ${table(`${owner}s`)} AS o WHERE ${pairs.join(' OR ')}`;
}

function toMiscount(row: Record<string, unknown>): string {
  return `the counters of ${String(row['what'])} are wrong`;
}
