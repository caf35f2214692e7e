// Rows that nothing of gigq has written so, for the doctor, in the dialect that both databases know. The names of the tables
// are those in a file.
import type { FindingCode } from 'gigq/admin';

/** What is wrong, the code for it, and what is so after the repair; undefined if there is none. */
type Wrong = readonly [
  sql: string,
  code: FindingCode,
  mended?: readonly [sql: string, rows: readonly (readonly unknown[])[]],
];

/** Of databases whose lanes count their jobs. */
export const wrongCounts: Readonly<Record<string, Wrong>> = {
  'lanes that count too much': [
    'UPDATE gigq_lanes SET pending = pending + 5',
    'counts_wrong',
    [
      'SELECT task, blocked, scheduled, pending, completed FROM gigq_lanes',
      [
        ['greet', 1, 1, 1, 2],
        ['dance', 0, 0, 1, 0],
      ],
    ],
  ],
  'lanes that do not know of ready jobs': [
    'UPDATE gigq_lanes SET pending = 0',
    'counts_wrong',
    ['SELECT sum(pending) FROM gigq_lanes', [[2]]],
  ],
  'lanes that are in no index of those with ready jobs': [
    'UPDATE gigq_lanes SET has_ready = 0',
    'counts_wrong',
    ['SELECT count(*) FROM gigq_lanes WHERE has_ready = 1', [[2]]],
  ],
};

export const wrongRows: Readonly<Record<string, Wrong>> = {
  'a job that runs without a lease': [
    "UPDATE gigq_jobs SET status = 'running', attempts = 1, token = NULL WHERE id = 'other'",
    'lease_missing',
    ["SELECT status, attempts FROM gigq_jobs WHERE id = 'other'", [['pending', 0]]],
  ],
  'a job that runs for a worker that is not there': [
    "UPDATE gigq_jobs SET status = 'running', attempts = 2, token = 1, slot = 'w-0', worker = 999 WHERE id = 'other'",
    'lease_missing',
    ["SELECT status, attempts FROM gigq_jobs WHERE id = 'other'", [['pending', 1]]],
  ],
  'a job that is blocked by nobody': [
    "UPDATE gigq_jobs SET status = 'blocked' WHERE id = 'other'",
    'waiting_wrong',
    ["SELECT status FROM gigq_jobs WHERE id = 'other'", [['pending']]],
  ],
  'a job that is ready though it waits': [
    "UPDATE gigq_jobs SET status = 'pending' WHERE id = 'grandchild'",
    'waiting_wrong',
    ["SELECT status FROM gigq_jobs WHERE id = 'grandchild'", [['blocked']]],
  ],
  'a job that waits for more than its parents': [
    "UPDATE gigq_jobs SET waiting_for = 2 WHERE id = 'grandchild'",
    'waiting_wrong',
    ["SELECT waiting_for FROM gigq_jobs WHERE id = 'grandchild'", [[1]]],
  ],
  'a job that ended at no time': [
    "UPDATE gigq_jobs SET completed_at = NULL WHERE id = 'done'",
    'end_missing',
    ["SELECT completed_at - updated_at FROM gigq_jobs WHERE id = 'done'", [[0]]],
  ],
  'a job that is never due': [
    "UPDATE gigq_jobs SET run_at = NULL WHERE id = 'later'",
    'due_missing',
    ["SELECT sign(run_at) FROM gigq_jobs WHERE id = 'later'", [[1]]],
  ],
  'a job of no known status': [
    "UPDATE gigq_jobs SET status = 'odd' WHERE id = 'other'",
    'status_unknown',
  ],
  'params that are no JSON': [
    "UPDATE gigq_jobs SET params = '{oops' WHERE id = 'other'",
    'json_invalid',
  ],
  'an error that is no JSON': [
    "UPDATE gigq_jobs SET error = 'oops' WHERE id = 'other'",
    'json_invalid',
  ],
  'a retry policy that is no JSON': [
    "UPDATE gigq_jobs SET retry = '1s' WHERE id = 'other'",
    'json_invalid',
  ],
  'a job without its lane': [
    "UPDATE gigq_jobs SET lane = 77 WHERE id = 'other'",
    'reference_broken',
  ],
};
