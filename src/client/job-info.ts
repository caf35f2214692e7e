/** Records of the store as the public interface shows them: values parsed, instants as dates. */
import type { Duration } from '../core/duration.ts';
import type {
  ExecutionRecord,
  ExecutionStatus,
  JobError,
  JobRecord,
  Progress,
} from '../core/job.ts';
import type { JobStatus } from './job-status.ts';

/** What there is to know about a job. */
export interface JobInfo<R = unknown> {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  readonly queue: string;
  readonly description: string;
  readonly params: unknown;
  readonly priority: number;
  /** The ids of the jobs that it waits for, or waited for: in the order in which they were given. */
  readonly dependencies: readonly string[];
  /** Null: it belongs to no workflow. */
  readonly workflowId: string | null;
  readonly status: JobStatus;
  readonly maxAttempts: number;
  /** As it was given; false: no limit. */
  readonly timeout: Duration | false;
  /** Runs charged to `maxAttempts`; runs that were given back, put off by RetryLater or lost are not. */
  readonly attempts: number;
  /** Runs in which it ended the process that it ran in, and nothing else can have; with the third it fails. */
  readonly crashes: number;
  /** Runs that ended because the worker's lease did, whatever the cause; with the fifth it fails. */
  readonly expiredLeases: number;
  /** It may have ended a process, and is run in one of its own until a run of it comes to its own end. */
  readonly suspect: boolean;
  /** Null until it has completed. */
  readonly result: R | null;
  /** Of the last run that ended badly; of a job that ended with a parent it names that parent. */
  readonly error: JobError | null;
  /** The worker's slot, while it runs. */
  readonly workerId: string | null;
  /** What the handler last told, while it runs. */
  readonly progress: Progress | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When its next attempt is due; null: at once. */
  readonly runAt: Date | null;
  /** When its last attempt began. */
  readonly startedAt: Date | null;
  /** When it reached a final status. */
  readonly completedAt: Date | null;
}

/** One run of a job. */
export interface Execution {
  /** 1, 2, … over all runs of the job. */
  readonly number: number;
  /** What the job's `attempts` was when it ran. */
  readonly attempt: number;
  readonly workerId: string;
  /** How it ended: 'lost' with its worker, 'released' when it was given back or put off. */
  readonly status: ExecutionStatus;
  readonly startedAt: Date;
  /** Null while it runs. */
  readonly completedAt: Date | null;
  readonly error: JobError | null;
}

/** A job with its history. */
export interface JobDetails extends JobInfo {
  /** The last 100, oldest first. */
  readonly executions: readonly Execution[];
  /** How many there are in all. */
  readonly executionCount: number;
}

export function toJobInfo(record: JobRecord): JobInfo {
  return {
    id: record.id,
    name: record.name,
    task: record.task,
    queue: record.queue,
    description: record.description,
    params: parseStored(record.params),
    priority: record.priority,
    dependencies: record.dependencies,
    workflowId: record.workflow,
    status: record.status,
    maxAttempts: record.maxAttempts,
    timeout: (record.timeout as Duration | null) ?? false,
    attempts: record.attempts,
    crashes: record.crashes,
    expiredLeases: record.expiries,
    suspect: record.suspect,
    result: record.result === null ? null : parseStored(record.result),
    error: record.error,
    workerId: record.slot,
    progress: record.progress,
    ...instantsOf(record),
  };
}

function instantsOf(
  record: JobRecord,
): Pick<JobInfo, 'createdAt' | 'updatedAt' | 'runAt' | 'startedAt' | 'completedAt'> {
  return {
    createdAt: new Date(record.createdAtMs),
    updatedAt: new Date(record.updatedAtMs),
    runAt: dateOrNull(record.runAtMs),
    startedAt: dateOrNull(record.startedAtMs),
    completedAt: dateOrNull(record.completedAtMs),
  };
}

function dateOrNull(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

/** The value of a JSON text. A row that something else has damaged must not hide the others: its text is shown. */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function toExecution(record: ExecutionRecord): Execution {
  return {
    number: record.number,
    attempt: record.attempt,
    workerId: record.slot,
    status: record.status,
    startedAt: new Date(record.startedAtMs),
    completedAt: dateOrNull(record.completedAtMs),
    error: record.error,
  };
}
