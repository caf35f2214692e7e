/** Reading: nothing here takes a lock or changes anything. */
import { JobNotFoundError } from '../../core/errors.ts';
import type { ExecutionRecord } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import type { JobStatus } from '../../core/state.ts';
import { workflowNotFound, type WorkflowRecord } from '../../core/workflow.ts';
import type { ListRequest, Looking, Page, Reply, WorkflowsRequest } from '../store.ts';
import type { Row } from './connection.ts';
import type { Context } from './context.ts';
import { lastExecutions } from './executions.ts';
import { toJobRecord, toOutcome, toRunningJob, toWorker, toWorkflow } from '../rows.ts';
import { standing } from './standing.ts';

/** Jobs that one stretch of a search reads at most: some ten milliseconds. */
const stretch = 10_000;

export function looking(context: Context): Looking {
  const { connection } = context;
  return {
    get(id) {
      const row = connection.get('get', { id });
      return row === undefined ? null : toJobRecord(row);
    },
    list: (request) => list(context, request),
    counts: () => counts(context),
    executions: (id) => executions(context, id),
    outcomes: (ids) =>
      connection
        .all('outcomes', { ids: JSON.stringify(ids) })
        .map((row) => (row['status'] === null ? null : toOutcome(row))),
    workers: () => connection.all('workers').map(toWorker),
    running: () => runningJobs(context),
    workflow(id) {
      const row = findWorkflow(context, id);
      return row === undefined ? null : toWorkflow(row);
    },
    workflows: (request) => listWorkflows(context, request),
    standing: (id) => standing(context, id),
  };
}

function runningJobs({ connection, clock }: Context): Reply<'running'> {
  const jobs = connection.all('running', { limit: limits.runningShown }).map(toRunningJob);
  return { jobs, nowMs: clock.wall() };
}

function counts(context: Context): Record<JobStatus, number> {
  // What the transaction in progress did before this unit counts as well.
  context.lanes.flush();
  return { ...context.connection.get('counts') } as unknown as Record<JobStatus, number>;
}

function findWorkflow({ connection, workflows }: Context, id: string): Row | undefined {
  workflows.flush();
  return connection.get('findWorkflow', { id });
}

function listWorkflows(
  context: Context,
  { before, limit, status }: WorkflowsRequest,
): readonly WorkflowRecord[] {
  const cursor = before === null ? undefined : findWorkflow(context, before);
  if (before !== null && cursor === undefined) throw workflowNotFound(before);
  const below = Number(cursor?.['seq'] ?? Number.MAX_SAFE_INTEGER);
  context.workflows.flush();
  const { connection } = context;
  const rows =
    status === null
      ? connection.all('listWorkflows', { below, limit })
      : connection.all('listWorkflowsIn', { below, limit, status });
  return rows.map(toWorkflow);
}

function list(context: Context, request: ListRequest): Page {
  const below = cursorOf(context, request.before);
  const from = Math.max(0, below - stretch);
  const rows = context.connection.all('list', {
    from,
    below,
    statuses: request.statuses === null ? null : JSON.stringify(request.statuses),
    task: request.task,
    queue: request.queue,
    workflow: request.workflow,
    worker: request.worker,
    limit: request.limit,
  });
  const isComplete = rows.length === request.limit || from === 0;
  return { jobs: rows.map(toJobRecord), next: isComplete ? null : from };
}

function cursorOf(context: Context, before: ListRequest['before']): number {
  if (before === null) return Number(context.connection.get('lastSeq')?.['seq']) + 1;
  if ('seq' in before) return before.seq;
  const row = context.connection.get('findJob', { id: before.id });
  if (row === undefined) throw new JobNotFoundError(before.id);
  return Number(row['seq']);
}

function executions(
  context: Context,
  id: string,
): { count: number; executions: readonly ExecutionRecord[] } {
  const job = context.connection.get('findJob', { id });
  if (job === undefined) return { count: 0, executions: [] };
  const { seq, number } = job as unknown as { readonly seq: number; readonly number: number };
  return { count: number, executions: lastExecutions(context, seq) };
}
