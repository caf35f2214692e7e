/** The public surface of gigq. */
import './client/supported-node.ts';

export { duration, type Duration } from './core/duration.ts';
export {
  type ErrorCode,
  FatalError,
  GigqError,
  JobCancelledError,
  JobFailedError,
  JobNotFoundError,
  RetryLater,
  WaitTimeoutError,
} from './core/errors.ts';
export type { ExecutionStatus, JobError, Progress } from './core/job.ts';
export type { JobHandle } from './client/handle.ts';
export type { Execution, JobDetails, JobInfo } from './client/job-info.ts';
export type { WorkerInfo, WorkerJob } from './client/worker-info.ts';
export type { JobOptions, RetryPolicy, TaskOptions } from './client/job-options.ts';
export type { JobFilter, WorkflowFilter } from './client/listing.ts';
export { JobQueue, type JobQueueOptions } from './client/job-queue.ts';
export { JobStatus } from './client/job-status.ts';
export { Job } from './client/job.ts';
export type { Stored } from './client/json-types.ts';
export type { Logger } from './client/logger.ts';
export { closeConnections } from './client/open-things.ts';
export type { AnyTask } from './client/registry.ts';
export type { Schema } from './client/schema.ts';
export { type LoggingOptions, setupLogging } from './client/setup-logging.ts';
export type { TaskContext } from './client/task-context.ts';
export { task, type Task } from './client/task.ts';
export type { SqlTransaction, SubmitOptions } from './client/transaction.ts';
export type { ResultRef, Settled, WithRefs } from './client/result-ref.ts';
export { type NodeOptions, Workflow } from './client/workflow.ts';
export type { AnyNode, WorkflowNode } from './client/workflow-node.ts';
export type { WorkflowCounts, WorkflowHandle, WorkflowInfo } from './client/workflow-handle.ts';
export type { Reason } from './core/reason.ts';
export type { WorkflowStatus } from './core/workflow.ts';
export { type Service, type ServiceOptions, supervise } from './worker/supervisor.ts';
export { Worker, type WorkerEvents, type WorkerOptions } from './worker/worker.ts';
