/** What must hold of the rows, and how they are mended. Everything that is counted can be counted again. */
import { type JobCounts, workflowStatus } from '../../../core/workflow.ts';
import { finalStatuses, statuses } from '../../../core/state.ts';
import { type Finding, type FindingCode, problem } from '../../doctor.ts';
import type { Connection } from '../connection.ts';
import type { Snapshot } from './snapshot.ts';

type Reader = Pick<Snapshot, 'query'>;

interface Check {
  readonly code: FindingCode;
  /** The ids of what is wrong. */
  readonly wrong: string;
  readonly message: (found: string) => string;
  readonly hint: string;
  /** Only in a write transaction. */
  readonly mend?: (connection: Connection, now: number) => void;
}

const final = listOf(finalStatuses);
const alive = "('blocked', 'scheduled', 'pending')";

/** The parents that hold a job up, as `bearingOf` in core/workflow.ts has it. */
const holding = `(
  SELECT count(*) FROM gigq_edges AS edge JOIN gigq_jobs AS parent ON parent.seq = edge.parent
  WHERE edge.child = job.seq AND parent.status <> 'completed'
    AND (job.on_parent_failure <> 'run' OR parent.status NOT IN ${final}))`;

const unleased = `job.status = 'running' AND (job.token IS NULL OR job.slot IS NULL
  OR NOT EXISTS (SELECT 1 FROM gigq_workers WHERE id = job.worker))`;
const miscounted = `job.status IN ${alive} AND (job.waiting_for <> ${holding}
  OR (job.status = 'blocked') <> (${holding} > 0))`;
const endless = `status IN ${final} AND completed_at IS NULL`;
const undue = "status = 'scheduled' AND run_at IS NULL";

const notJson = ['params', 'retry', 'progress', 'result', 'error']
  .map((column) => `NOT coalesce(json_valid(${column}), 1)`)
  .join(' OR ');

function recount(owner: string, key: string): string {
  const sums = statuses.map((status) => `sum(status = '${status}') AS ${status}`).join(', ');
  const differs = statuses
    .map((status) => `owner.${status} <> coalesce(found.${status}, 0)`)
    .join(' OR ');
  return `FROM ${owner} AS owner
    LEFT JOIN (SELECT ${key} AS key, ${sums} FROM gigq_jobs GROUP BY ${key}) AS found
    ON found.key = owner.${owner === 'gigq_lanes' ? 'id' : 'seq'} WHERE (${differs})`;
}

/** In this order they are mended: the counts come last, for the others move jobs. */
const checks: readonly Check[] = [
  {
    code: 'status_unknown',
    wrong: `SELECT id FROM gigq_jobs WHERE status NOT IN ${listOf(statuses)}`,
    message: (found) => `Of no known status: ${found}`,
    hint: 'Something else has written to the database: restore a backup, or correct the rows by hand.',
  },
  {
    code: 'json_invalid',
    wrong: `SELECT id FROM gigq_jobs WHERE ${notJson}`,
    message: (found) => `Params, result, error, progress or retry policy are no JSON: ${found}`,
    hint: 'No worker can run such a job: cancel it, and submit it again.',
  },
  {
    code: 'lease_missing',
    wrong: `SELECT id FROM gigq_jobs AS job WHERE ${unleased}`,
    message: (found) => `Running, but leased by no worker: ${found}`,
    hint: 'No worker will ever take them by itself; --fix makes them ready again, without charging the attempt.',
    mend: (connection, now) => {
      connection.execute(`UPDATE gigq_jobs AS job
        SET status = CASE WHEN waiting_for > 0 THEN 'blocked' ELSE 'pending' END,
          attempts = max(attempts - 1, 0), run_at = NULL, updated_at = ${now} WHERE ${unleased}`);
    },
  },
  {
    code: 'end_missing',
    wrong: `SELECT id FROM gigq_jobs WHERE ${endless}`,
    message: (found) => `Ended at no time: ${found}`,
    hint: 'They are never cleared; --fix takes the time of their last change.',
    mend: (connection) => {
      connection.execute(`UPDATE gigq_jobs SET completed_at = updated_at WHERE ${endless}`);
    },
  },
  {
    code: 'due_missing',
    wrong: `SELECT id FROM gigq_jobs WHERE ${undue}`,
    message: (found) => `Scheduled for no time: ${found}`,
    hint: 'They would never be due; --fix makes them due now.',
    mend: (connection, now) => {
      connection.execute(`UPDATE gigq_jobs SET run_at = ${now} WHERE ${undue}`);
    },
  },
  {
    code: 'waiting_wrong',
    wrong: `SELECT id FROM gigq_jobs AS job WHERE ${miscounted}`,
    message: (found) => `The parents that hold a job up are counted wrongly: ${found}`,
    hint: 'Such a job starts too early, or never; --fix counts them again.',
    mend: (connection, now) => {
      connection.execute(`UPDATE gigq_jobs AS job
        SET waiting_for = ${holding}, updated_at = ${now},
          status = CASE WHEN ${holding} > 0 THEN 'blocked' WHEN run_at > ${now} THEN 'scheduled'
            ELSE 'pending' END
        WHERE ${miscounted}`);
    },
  },
  {
    code: 'counts_wrong',
    wrong: `SELECT owner.queue || '/' || owner.task || iif(owner.suspect, ' (suspects)', '') AS id ${recount('gigq_lanes', 'lane')}`,
    message: (found) => `The jobs of a queue and task are counted wrongly: ${found}`,
    hint: 'Ready jobs may not be found, and `gigq stats` is wrong; --fix counts them again.',
    mend: (connection) => {
      connection.execute(writeCounts('gigq_lanes', 'lane = gigq_lanes.id'));
    },
  },
  {
    code: 'counts_wrong',
    wrong: `SELECT owner.id ${recount('gigq_workflows', 'workflow')}`,
    message: (found) => `The jobs of a workflow are counted wrongly: ${found}`,
    hint: 'Its status is wrong; --fix counts them again.',
    mend: mendWorkflows,
  },
  {
    code: 'reference_broken',
    wrong:
      'SELECT DISTINCT "table" AS id FROM pragma_foreign_key_check WHERE "table" LIKE \'gigq!_%\' ESCAPE \'!\'',
    message: (found) => `Rows refer to others that are not there: ${found}`,
    hint: 'Something else has written to the database without PRAGMA foreign_keys: restore a backup, or remove the rows.',
  },
];

export function checkRows(reader: Reader): Finding[] {
  return checks.flatMap((check) => {
    const ids = reader.query(check.wrong).map(({ id }) => String(id));
    if (ids.length === 0) return [];
    const { code, hint, message, mend } = check;
    return [problem(code, message(some(ids)), { hint, fixable: mend !== undefined })];
  });
}

/** Mends what can be; within a write transaction. */
export function mendRows(connection: Connection, now: number): void {
  for (const { wrong, mend } of checks) {
    if (mend !== undefined && connection.query(wrong).length > 0) mend(connection, now);
  }
}

function mendWorkflows(connection: Connection, now: number): void {
  connection.execute(writeCounts('gigq_workflows', 'workflow = gigq_workflows.seq'));
  connection.execute(`UPDATE gigq_workflows SET jobs = ${statuses.join(' + ')}`);
  for (const row of connection.query(
    `SELECT seq, status, ${statuses.join(', ')} FROM gigq_workflows`,
  )) {
    const status = workflowStatus(row as unknown as JobCounts);
    // How it ended stays as it is: jobs that were cleared are counted no more.
    if ((status === 'running') === (row['status'] === 'running')) continue;
    const completedAt = status === 'running' ? null : now;
    connection.run('workflowStatus', { workflow: Number(row['seq']), status, completedAt });
  }
}

function writeCounts(owner: string, ofOwner: string): string {
  const counts = statuses.map(
    (status) =>
      `${status} = (SELECT count(*) FROM gigq_jobs WHERE ${ofOwner} AND status = '${status}')`,
  );
  return `UPDATE ${owner} SET ${counts.join(', ')}`;
}

export function listOf(names: readonly string[]): string {
  return `('${names.join("', '")}')`;
}

const shown = 5;

/** The first few, and how many there are. */
export function some(ids: readonly string[]): string {
  const first = ids.slice(0, shown).join(', ');
  return ids.length > shown ? `${first} and ${ids.length - shown} more` : first;
}
