/** Every code that an error of gigq can carry, and what to do about it. */

const hints = {
  job_not_found:
    'Check the id; `gigq list` shows the jobs there are. Cleared jobs are gone for good.',
  job_failed:
    'Look at the error and at the attempts with `gigq status`; `gigq requeue` runs the job again.',
  job_cancelled: 'Run it again with requeueJob() or `gigq requeue`.',
  wait_timeout:
    'The job goes on. Wait again, wait longer, or see that a worker for its task is running.',
  not_json:
    'Pass only what JSON holds: null, booleans, finite numbers, strings, arrays and plain objects.',
  too_large: 'Store the data elsewhere, such as in a file or a table, and pass its path or id.',
  invalid_option: 'Correct the option; its type in the documentation says what it takes.',
  invalid_duration: "Write a number and its unit: '500ms', '5s', '10m', '2h', '7d' or '1h30m'.",
  params_invalid: "Correct the params: they do not match the task's schema.",
  task_conflict: 'Give one of the two tasks another name; jobs are matched to tasks by name alone.',
  task_unknown: 'Start a worker with the module that defines the task, or correct the name.',
  workflow_cycle: 'Remove one of the dependencies named, so that the jobs have an order.',
  parent_missing: 'Submit the parent first, or together with its dependents; check its id.',
  database_missing:
    'Check the path. A submit or a worker creates the file; commands that read do not.',
  database_invalid: 'Check the path. The file was left as it is; choose another path for the jobs.',
  database_corrupt:
    'Stop every worker, keep a copy of the file and its -wal, then restore a backup.',
  database_busy: 'Another process holds the write lock: end its transaction, then try again.',
  database_unreachable:
    'See that the server runs and can be reached from here. Whether the last call took effect is not known.',
  database_refused:
    'Check the user, the password and the name of the database, and what the user may do there.',
  database_full: 'Free space on the disk, then try again. Nothing that was acknowledged is lost.',
  database_readonly: 'Give this user write access to the file and to its folder.',
  database_replaced: 'Stop every worker, put the original file back, then start them again.',
  database_moved:
    'Name the new database, in GIGQ_DB or by --db. The file is kept as it was, to be looked at.',
  database_occupied: 'Name another schema, such as `?schema=jobs`; it is made if it is missing.',
  workers_running: 'Stop the workers, then try again; or wait until they have stopped: --wait.',
  move_failed: 'Run the move again; nothing of it stands in the new database.',
  schema_newer: 'Update gigq in this program: the database was migrated by a newer version.',
  sqlite_unsafe:
    'Use Node 22.22.3 or later, or 24.15.0 or later: their SQLite does not corrupt the file.',
  sqlite_second_library:
    'Use node:sqlite for this file: two SQLite libraries in one process lose commits.',
  queue_closed: 'Open another JobQueue; a closed one cannot be used again.',
  worker_closed: 'Make another Worker; a closed one cannot be used again.',
  worker_running: 'Stop the worker first: start() runs every job by itself.',
  service_failed:
    'Look at the cause and at what the processes wrote to stderr; then start the service again.',
  keeper_died: 'Look at the cause; the next call of a queue starts another.',
  driver_missing: 'Install the driver beside gigq: `npm install pg`.',
} as const;

/** What went wrong, for code to branch on; each has a section in the documentation. */
export type ErrorCode = keyof typeof hints;

export const errorCodes = Object.keys(hints) as readonly ErrorCode[];

/** What to do about an error of this kind unless the error itself knows better. */
export function hintFor(code: ErrorCode): string {
  return hints[code];
}
