// What the database holds when all is over, read past the store: it may be the one that is wrong.
import { DatabaseSync } from 'node:sqlite';

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

export function readRecords(path: string): Records {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = (sql: string): Record<string, unknown>[] => database.prepare(sql).all();
  try {
    // One snapshot: the counters and what they count, though somebody may still be at work.
    database.exec('BEGIN');
    return {
      jobs: rows(jobsSql).map(toJob),
      executions: rows(executionsSql) as unknown as ExecutionRow[],
      damage: damageIn(rows),
      miscounts: ['lane', 'workflow'].flatMap((owner) => rows(recount(owner)).map(toMiscount)),
    };
  } finally {
    database.close();
  }
}

const jobsSql = `
SELECT id, status, attempts, max_attempts AS maxAttempts, number, waiting_for AS waitingFor, error,
  token IS NOT NULL AND worker IS NOT NULL AS hasLease,
  EXISTS (SELECT 1 FROM gigq_workers WHERE gigq_workers.id = worker) AS hasWorker,
  (SELECT json_group_array(parent_id ORDER BY place) FROM gigq_edges WHERE child = seq) AS parents
FROM gigq_jobs ORDER BY seq`;

// The run that ended a job as it ended itself is recorded by the job's row.
const executionsSql = `
SELECT gigq_jobs.id AS job, e.number, attempt, e.status
FROM gigq_executions AS e JOIN gigq_jobs ON seq = job
UNION ALL
SELECT id, number, attempts, status FROM gigq_jobs
WHERE status IN ('completed', 'failed', 'timeout')
  AND NOT EXISTS (SELECT 1 FROM gigq_executions AS e WHERE e.job = seq AND e.number = gigq_jobs.number)
ORDER BY job, 2`;

function toJob(row: Record<string, unknown>): JobRow {
  return {
    ...(row as unknown as JobRow),
    hasLease: row['hasLease'] === 1,
    hasWorker: row['hasWorker'] === 1,
    parents: JSON.parse(String(row['parents'])) as string[],
  };
}

function damageIn(rows: (sql: string) => Record<string, unknown>[]): string[] {
  const integrity = rows('PRAGMA integrity_check').map((row) => String(row['integrity_check']));
  const foreign = rows('PRAGMA foreign_key_check').map((row) => JSON.stringify(row));
  return [...integrity.filter((line) => line !== 'ok'), ...foreign];
}

/** Lanes or workflows whose counters differ from what counting their jobs gives. */
function recount(owner: string): string {
  const key = owner === 'lane' ? 'id' : 'seq';
  const counted = states.map(
    (state) => `(SELECT count(*) FROM gigq_jobs WHERE ${owner} = o.${key} AND status = '${state}')`,
  );
  const pairs = states.map((state, place) => `o.${state} <> ${counted[place]}`);
  return `SELECT '${owner} ' || o.${key} AS what FROM gigq_${owner}s AS o WHERE ${pairs.join(' OR ')}`;
}

function toMiscount(row: Record<string, unknown>): string {
  return `the counters of ${String(row['what'])} are wrong`;
}
