/** Which jobs and workflows to list, and going through the pages of the store. */
import type { JobRecord } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import { statuses } from '../core/state.ts';
import { workflowStatuses, type WorkflowStatus } from '../core/workflow.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { ListRequest, WorkflowsRequest } from '../store/store.ts';
import { queueName } from './job-options.ts';
import type { JobStatus } from './job-status.ts';
import {
  type Check,
  checkOptions,
  type Checks,
  integer,
  listOf,
  oneOf,
  refusal,
} from './options.ts';

/**
 * Which jobs to list.
 *
 * @example
 * const filter: JobFilter = { status: ['failed', 'timeout'], task: 'send-email', limit: 20 };
 */
export interface JobFilter {
  status?: JobStatus | readonly JobStatus[];
  task?: string;
  queue?: string;
  /** The label of a worker or of one of its slots. */
  workerId?: string;
  workflowId?: string;
  /** How many at most, 1 to 1,000; default 100. */
  limit?: number;
  /** The id of the last job of the page before; it must be there still. */
  before?: string;
}

/**
 * Which workflows to list.
 *
 * @example
 * const filter: WorkflowFilter = { status: 'failed', limit: 20 };
 */
export interface WorkflowFilter {
  status?: WorkflowStatus;
  /** How many at most, 1 to 1,000; default 100. */
  limit?: number;
  /** The id of the last workflow of the page before; it must be there still. */
  before?: string;
}

export const anyString: Check = (value, name) => {
  if (typeof value !== 'string') throw refusal(name, 'a string', value);
};
const oneStatus = oneOf(...statuses);

const filterChecks: Checks<JobFilter> = {
  status: (value, name) => (Array.isArray(value) ? listOf(oneStatus) : oneStatus)(value, name),
  task: anyString,
  queue: queueName,
  workerId: anyString,
  workflowId: anyString,
  limit: integer(1, limits.pageSizeMax),
  before: anyString,
};

const workflowChecks: Checks<WorkflowFilter> = {
  status: oneOf(...workflowStatuses),
  limit: filterChecks.limit,
  before: anyString,
};

/** @throws {GigqError} `invalid_option` */
export function workflowsRequest(filter: WorkflowFilter): WorkflowsRequest {
  checkOptions(workflowChecks, filter, 'listWorkflows()');
  const { status = null, limit = limits.pageSize, before = null } = filter;
  return { status, limit, before };
}

/** @throws {GigqError} `invalid_option` */
export function listRequest(filter: JobFilter): ListRequest {
  checkOptions(filterChecks, filter, 'listJobs()');
  const { status, task = null, queue = null, workerId = null, workflowId = null, before } = filter;
  return {
    statuses: status === undefined ? null : [status].flat(),
    task,
    queue,
    worker: workerId,
    workflow: workflowId,
    limit: filter.limit ?? limits.pageSize,
    before: before === undefined ? null : { id: before },
  };
}

/** The page that was asked for, however many stretches the store searches for it in. */
export async function list(store: StoreHandle, request: ListRequest): Promise<JobRecord[]> {
  const jobs: JobRecord[] = [];
  let { before } = request;
  do {
    const page = await store.call('list', {
      ...request,
      before,
      limit: request.limit - jobs.length,
    });
    jobs.push(...page.jobs);
    before = page.next === null ? null : { seq: page.next };
  } while (before !== null && jobs.length < request.limit);
  return jobs;
}
