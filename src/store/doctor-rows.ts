/**
 * What must hold of the rows, in the words that people are told. The statements that find and mend it are each dialect's own,
 * under these names. Everything that is counted can be counted again.
 */
import { type JobCounts, type WorkflowStatus, workflowStatus } from '../core/workflow.ts';
import { type Finding, type FindingCode, problem, some } from './doctor.ts';

interface RowCheck {
  readonly code: FindingCode;
  /** The statement that returns the ids of what is wrong. */
  readonly wrong: string;
  readonly message: (found: string) => string;
  readonly hint: string;
  /** The statement that mends it, in a write transaction. */
  readonly mend?: string;
}

/** In this order they are mended: the counts come last, for the others move jobs. */
export const rowChecks = [
  {
    code: 'status_unknown',
    wrong: 'wrongStatuses',
    message: (found) => `Of no known status: ${found}`,
    hint: 'Something else has written to the database: restore a backup, or correct the rows by hand.',
  },
  {
    code: 'json_invalid',
    wrong: 'wrongJson',
    message: (found) => `Params, result, error, progress or retry policy are no JSON: ${found}`,
    hint: 'No worker can run such a job: cancel it, and submit it again.',
  },
  {
    code: 'lease_missing',
    wrong: 'wrongLeases',
    mend: 'mendLeases',
    message: (found) => `Running, but leased by no worker: ${found}`,
    hint: 'No worker will ever take them by itself; --fix makes them ready again, without charging the attempt.',
  },
  {
    code: 'end_missing',
    wrong: 'wrongEnds',
    mend: 'mendEnds',
    message: (found) => `Ended at no time: ${found}`,
    hint: 'They are never cleared; --fix takes the time of their last change.',
  },
  {
    code: 'due_missing',
    wrong: 'wrongDues',
    mend: 'mendDues',
    message: (found) => `Scheduled for no time: ${found}`,
    hint: 'They would never be due; --fix makes them due now.',
  },
  {
    code: 'waiting_wrong',
    wrong: 'wrongWaits',
    mend: 'mendWaits',
    message: (found) => `The parents that hold a job up are counted wrongly: ${found}`,
    hint: 'Such a job starts too early, or never; --fix counts them again.',
  },
  {
    code: 'counts_wrong',
    wrong: 'wrongWorkflows',
    mend: 'mendWorkflows',
    message: (found) => `The jobs of a workflow are counted wrongly: ${found}`,
    hint: 'Its status is wrong; --fix counts them again.',
  },
  {
    code: 'reference_broken',
    wrong: 'wrongReferences',
    message: (found) => `Rows refer to others that are not there: ${found}`,
    hint: 'Something else has written to the database, with its references unchecked: restore a backup, or remove the rows.',
  },
] as const satisfies readonly RowCheck[];

/** For stores whose lanes count their jobs. */
export const laneCheck = {
  code: 'counts_wrong',
  wrong: 'wrongLanes',
  mend: 'mendLanes',
  message: (found) => `The jobs of a queue and task are counted wrongly: ${found}`,
  hint: 'Ready jobs may not be found, and `gigq stats` is wrong; --fix counts them again.',
} as const satisfies RowCheck;

/** What to tell of the rows that a check has found. */
export function foundBy(
  { code, hint, message, mend }: RowCheck,
  rows: readonly Readonly<Record<string, unknown>>[],
): readonly Finding[] {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => String(id));
  return [problem(code, message(some(ids)), { hint, fixable: mend !== undefined })];
}

interface CountedWorkflow extends JobCounts {
  readonly seq: number;
  readonly status: WorkflowStatus;
}

/** The workflows whose status does not follow from their counts. */
export function misjudged(
  workflows: readonly CountedWorkflow[],
): readonly { readonly workflow: number; readonly status: WorkflowStatus }[] {
  return workflows
    .map((row) => ({ workflow: row.seq, status: workflowStatus(row), before: row.status }))
    .filter(({ status, before }) => (status === 'running') !== (before === 'running'))
    .map(({ workflow, status }) => ({ workflow, status }));
}
