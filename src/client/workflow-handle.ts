/** A workflow that was submitted, seen from the program that holds on to it. */
import type { Duration } from '../core/duration.ts';
import { statuses } from '../core/state.ts';
import {
  type JobCounts,
  workflowNotFound,
  type WorkflowRecord,
  type WorkflowStatus,
} from '../core/workflow.ts';
import type { Connection } from './connection.ts';
import { StoredJob } from './handle.ts';
import type { JobStatus } from './job-status.ts';
import type { Stored } from './json-types.ts';
import { refusal } from './options.ts';
import type { WorkflowNode } from './workflow-node.ts';

/** How many jobs there are in every state, and in all. */
export type WorkflowCounts = Readonly<Record<JobStatus | 'total', number>>;

/** What there is to know about a workflow. */
export interface WorkflowInfo {
  readonly id: string;
  readonly name: string;
  /** 'running' until all of its jobs have ended; then the worst of their endings. */
  readonly status: WorkflowStatus;
  readonly jobs: WorkflowCounts;
  readonly createdAt: Date;
  /** When its last job ended; null while it runs. */
  readonly completedAt: Date | null;
}

/**
 * Holds on to a workflow of a queue.
 *
 * @example
 * const handle = await workflow.submitAll(queue);
 * const text = await handle.result(reported, { timeout: '1h' });
 */
export interface WorkflowHandle {
  readonly id: string;
  /**
   * The ids of its jobs in the order in which they were added. Only what `submitAll` returned knows them; for another,
   * `listJobs({ workflowId })` does.
   */
  readonly jobIds: readonly string[];
  /**
   * What there is to know about it: how it stands, and its jobs by state.
   * @throws {GigqError} `job_not_found` if there is no such workflow
   */
  status(): Promise<WorkflowInfo>;
  /** The result of one of its jobs, as `JobHandle.result` waits for it. */
  result<R>(
    node: WorkflowNode<R>,
    options?: { timeout?: Duration; signal?: AbortSignal },
  ): Promise<Stored<R>>;
  /** Cancels every job that has not ended, running ones too; how many they were. */
  cancel(): Promise<number>;
  /** Runs what failed, timed out or was cancelled again, with what that took down; how many jobs they are. */
  requeue(): Promise<number>;
}

export class StoredWorkflow implements WorkflowHandle {
  readonly id: string;
  readonly jobIds: readonly string[];
  readonly #connection: Connection;

  constructor(id: string, connection: Connection, jobIds: readonly string[]) {
    this.id = id;
    this.jobIds = jobIds;
    this.#connection = connection;
  }

  async status(): Promise<WorkflowInfo> {
    const record = await this.#connection.call('workflow', this.id);
    if (record === null) throw workflowNotFound(this.id);
    return toWorkflowInfo(record);
  }

  async result<R>(
    node: WorkflowNode<R>,
    options: { timeout?: Duration; signal?: AbortSignal } = {},
  ): Promise<Stored<R>> {
    const id = (node as Partial<WorkflowNode<R>> | null | undefined)?.id;
    if (typeof id !== 'string') throw refusal('result()', 'a node of the workflow', node);
    return new StoredJob<R>(id, this.#connection).result(options);
  }

  async cancel(): Promise<number> {
    return this.#connection.call('cancelWorkflow', this.id);
  }

  async requeue(): Promise<number> {
    return this.#connection.call('requeueWorkflow', this.id);
  }
}

export function toWorkflowInfo(record: WorkflowRecord): WorkflowInfo {
  const { id, name, status, jobs, createdAtMs, completedAtMs } = record;
  return {
    id,
    name,
    status,
    jobs: withTotal(jobs),
    createdAt: new Date(createdAtMs),
    completedAt: completedAtMs === null ? null : new Date(completedAtMs),
  };
}

/** The counts in the order of the states, with their sum. */
export function withTotal(counts: JobCounts): WorkflowCounts {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const ordered = Object.fromEntries(statuses.map((status) => [status, counts[status]]));
  return { ...(ordered as Record<JobStatus, number>), total };
}
