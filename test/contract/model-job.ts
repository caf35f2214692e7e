// What the model knows of jobs, workflows, workers and runs.
import type { ClaimedJob, CrashRecord, NewJob, NewWorkflow } from '../../dist/core/job.js';
import type { JobStatus } from '../../dist/core/state.js';
import type { WorkflowStatus } from '../../dist/core/workflow.js';

export interface ModelJob {
  readonly given: NewJob;
  readonly workflow: string | null;
  /** Themselves, not their ids: another job may come to have the id of a parent that was removed. */
  parents: readonly ModelJob[];
  status: JobStatus;
  attempts: number;
  number: number;
  /** What is held against it: crashes, expired leases, suspicion. */
  record: CrashRecord;
  runAt: number | null;
  endedAt: number | null;
  life: Life | null;
  /** The message of its error; nothing is noted for a job that was taken down: see `complaints`. */
  error: string | null;
  /** It is cancelled for as long as one of its parents stands as it does. */
  isTakenDown: boolean;
  readonly executions: string[];
}

export interface ModelWorkflow extends NewWorkflow {
  readonly createdAt: number;
  status: WorkflowStatus;
  completedAt: number | null;
  /** The states of its jobs when its status was last thought about. */
  counts: string;
}

/** One life of a worker. */
export interface Life {
  readonly epoch: number;
  beat: number;
  isOver: boolean;
}

/** One run of a job, as the model and as the store know it. */
export interface Run {
  readonly job: ModelJob;
  readonly number: number;
  readonly claimed: ClaimedJob;
}
