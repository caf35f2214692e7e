/** Rows as databases return them, made into the seam's data. The only place where a row's columns are trusted. */
import type {
  ClaimedJob,
  ExecutionRecord,
  FinalOutcome,
  JobError,
  JobRecord,
  Lease,
  ParentEnding,
  Progress,
  Reference,
  RetryPolicy,
} from '../core/job.ts';
import { isFinal, type JobStatus, statuses } from '../core/state.ts';
import type { JobCounts, WorkflowRecord, WorkflowStatus } from '../core/workflow.ts';
import type { RunningJob, WorkerRecord } from '../core/worker.ts';

export type Row = Readonly<Record<string, unknown>>;

/**
 * A row to be copied and filled in. V8 keeps an object quick whose keys were all there from the first, as those of parsed JSON
 * are, and makes a dictionary of one that was given more than some sixteen of them one by one.
 */
export function blankRow(columns: readonly string[]): Row {
  const text = JSON.stringify(Object.fromEntries(columns.map((column) => [column, null])));
  return JSON.parse(text) as Row;
}

/** What a lane is: a queue and a task, its suspects apart. */
export interface Lane {
  readonly id: number;
  readonly queue: string;
  readonly task: string;
  /** 1: of jobs that may end their process. */
  readonly suspect: number;
}

export interface JobRow {
  readonly seq: number;
  readonly id: string;
  readonly queue: string;
  readonly task: string;
  readonly name: string;
  readonly description: string;
  readonly params: string;
  readonly priority: number;
  readonly status: JobStatus;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly crashes: number;
  readonly expiries: number;
  readonly suspect: number;
  readonly timeout: string | null;
  readonly result: string | null;
  readonly error: string | null;
  readonly slot: string | null;
  readonly progress: string | null;
  readonly workflow: string | null;
  readonly dependencies: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly runAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

export function toJobRecord(row: Row): JobRecord {
  const {
    seq: _,
    createdAt,
    updatedAt,
    runAt,
    startedAt,
    completedAt,
    ...rest
  } = row as unknown as JobRow;
  return {
    ...rest,
    suspect: rest.suspect === 1,
    slot: rest.status === 'running' ? rest.slot : null,
    dependencies: parsed<readonly string[]>(rest.dependencies) ?? [],
    error: parsed<JobError>(rest.error),
    progress: parsed<Progress>(rest.progress),
    createdAtMs: createdAt,
    updatedAtMs: updatedAt,
    runAtMs: runAt,
    startedAtMs: startedAt,
    completedAtMs: completedAt,
  };
}

/** A running job, with all that running it takes but what its lane tells. */
export interface HeldRow {
  readonly seq: number;
  readonly lane: number;
  readonly workflow: number | null;
  readonly token: number;
  readonly slot: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly params: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly timeout: string | null;
  readonly retry: string | null;
  readonly attempts: number;
  readonly number: number;
  readonly crashes: number;
  readonly expiries: number;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly runAt: number | null;
  readonly error: string | null;
  readonly hasInputs: number;
  readonly passResults: number;
  readonly dependencies: string | null;
}

export function toClaimedJob(row: HeldRow, lane: Lane, workflow: string | null): ClaimedJob {
  return {
    lease: { seq: row.seq, lane: row.lane, workflow: row.workflow, token: row.token },
    id: row.id,
    task: lane.task,
    queue: lane.queue,
    name: row.name,
    description: row.description,
    params: row.params,
    priority: row.priority,
    attempts: row.attempts,
    crashes: row.crashes,
    expiries: row.expiries,
    suspect: lane.suspect === 1,
    maxAttempts: row.maxAttempts,
    number: row.number,
    timeout: row.timeout,
    retry: parsed<RetryPolicy>(row.retry),
    slot: row.slot,
    createdAtMs: row.createdAt,
    startedAtMs: row.startedAt,
    runAtMs: row.runAt,
    error: parsed<JobError>(row.error),
    workflow,
    dependencies: parsed<readonly string[]>(row.dependencies) ?? [],
    inputs: row.hasInputs === 1 ? 'ask' : null,
  };
}

export function toLease(row: Row): Lease {
  const { seq, lane, workflow, token } = row as unknown as Lease;
  return { seq, lane, workflow, token };
}

export function toParentEnding(row: Row): ParentEnding {
  const { id, status, result, error, refs } = row as unknown as Omit<ParentEnding, 'error'> & {
    readonly error: string | null;
    readonly refs: string | null;
  };
  const references = parsed<readonly Reference[]>(refs) ?? [];
  return { id, status, result, error: parsed<JobError>(error), references };
}

interface WorkflowRow extends Readonly<Record<JobStatus, number>> {
  readonly id: string;
  readonly name: string;
  readonly status: WorkflowStatus;
  readonly createdAt: number;
  readonly completedAt: number | null;
}

export function toWorkflow(row: Row): WorkflowRecord {
  const { id, name, status, createdAt, completedAt, ...rest } = row as unknown as WorkflowRow;
  const jobs = Object.fromEntries(statuses.map((each) => [each, rest[each]])) as JobCounts;
  return { id, name, status, createdAtMs: createdAt, completedAtMs: completedAt, jobs };
}

export function toExecution(row: Row): ExecutionRecord {
  const { startedAt, completedAt, error, ...rest } = row as unknown as Omit<
    ExecutionRecord,
    'error'
  > & {
    startedAt: number;
    completedAt: number | null;
    error: string | null;
  };
  return {
    ...rest,
    startedAtMs: startedAt,
    completedAtMs: completedAt,
    error: parsed<JobError>(error),
  };
}

export function toOutcome(row: Row): FinalOutcome | 'unfinished' {
  const { status, result, error } = row as unknown as JobRow;
  return isFinal(status) ? { status, result, error: parsed<JobError>(error) } : 'unfinished';
}

interface WorkerRow extends Omit<
  WorkerRecord,
  'queues' | 'tasks' | 'processTasks' | 'moduleTasks' | 'state' | 'startedAtMs' | 'heartbeatAtMs'
> {
  readonly queues: string | null;
  readonly tasks: string;
  readonly processTasks: string;
  readonly moduleTasks: string;
  readonly stopping: number;
  readonly startedAt: number;
  readonly heartbeatAt: number;
  readonly lostAt: number | null;
}

export function toWorker(row: Row): WorkerRecord {
  const { queues, tasks, processTasks, moduleTasks, ...others } = row as unknown as WorkerRow;
  const { stopping, startedAt, heartbeatAt, lostAt, ...rest } = others;
  const living = stopping === 0 ? 'active' : 'stopping';
  return {
    ...rest,
    queues: parsed<readonly string[]>(queues),
    tasks: JSON.parse(tasks) as readonly string[],
    processTasks: JSON.parse(processTasks) as readonly string[],
    moduleTasks: JSON.parse(moduleTasks) as readonly string[],
    state: lostAt === null ? living : 'lost',
    startedAtMs: startedAt,
    heartbeatAtMs: heartbeatAt,
  };
}

export function toRunningJob(row: Row): RunningJob {
  const { startedAt, ...rest } = row as unknown as Omit<RunningJob, 'startedAtMs'> & {
    readonly startedAt: number;
  };
  return { ...rest, startedAtMs: startedAt };
}

/** Columns that hold JSON were written by the store itself. */
function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
