/** Reading: nothing here locks or changes anything. */
import { JobNotFoundError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { workflowNotFound, type WorkflowRecord } from '../../core/workflow.ts';
import { type Row, toJobRecord, toOutcome, toRunningJob, toWorker, toWorkflow } from '../rows.ts';
import type { ListRequest, Looking, Page, Reply, WorkflowsRequest } from '../store.ts';
import { type Asynchronous, type Context, sending } from './context.ts';
import { lastExecutions } from './executions.ts';
import { standing } from './standing.ts';

/** Jobs that one stretch of a search reads at most: some ten milliseconds. */
const stretch = 10_000;

export function looking(context: Context): Asynchronous<keyof Looking> {
  const { connection } = context;
  return {
    async get(id) {
      const row = await connection.get('get', { id });
      return row === undefined ? null : toJobRecord(row);
    },
    list: (request) => list(context, request),
    counts: async () => ({ ...(await connection.get('counts')) }) as unknown as Reply<'counts'>,
    executions: (id) => executions(context, id),
    async outcomes(ids) {
      const rows = await sending(context, connection.all('outcomes', { ids }));
      return rows.map((row) => (row['status'] === null ? null : toOutcome(row)));
    },
    async workers(request) {
      const counted = { lostOnly: request?.runningOf === 'lost' };
      return (await sending(context, connection.all('workers', counted))).map(toWorker);
    },
    running: () => runningJobs(context),
    async workflow(id) {
      const row = await findWorkflow(context, id);
      return row === undefined ? null : toWorkflow(row);
    },
    workflows: (request) => listWorkflows(context, request),
    standing: (id) => standing(context, id),
  };
}

async function runningJobs({ connection }: Context): Promise<Reply<'running'>> {
  const [rows, now] = await Promise.all([
    connection.all('running', { limit: limits.runningShown }),
    connection.get('now'),
  ]);
  return { jobs: rows.map(toRunningJob), nowMs: Number(now?.['now']) };
}

async function findWorkflow(
  { connection, workflows }: Context,
  id: string,
): Promise<Row | undefined> {
  // What the transaction in progress did before this unit counts as well.
  await workflows.flush();
  return connection.get('findWorkflow', { id });
}

async function listWorkflows(
  context: Context,
  { before, limit, status }: WorkflowsRequest,
): Promise<readonly WorkflowRecord[]> {
  const cursor = before === null ? undefined : await findWorkflow(context, before);
  if (before !== null && cursor === undefined) throw workflowNotFound(before);
  const below = Number(cursor?.['seq'] ?? Number.MAX_SAFE_INTEGER);
  await context.workflows.flush();
  const { connection } = context;
  const rows = await (status === null
    ? connection.all('listWorkflows', { below, limit })
    : connection.all('listWorkflowsIn', { below, limit, status }));
  return rows.map(toWorkflow);
}

async function list(context: Context, request: ListRequest): Promise<Page> {
  const below = await cursorOf(context, request.before);
  const from = Math.max(0, below - stretch);
  const { statuses, task, queue, workflow, worker, limit } = request;
  const filter = { statuses, task, queue, workflow, worker, limit };
  const rows = await context.connection.all('list', { from, below, ...filter });
  const isComplete = rows.length === limit || from === 0;
  return { jobs: rows.map(toJobRecord), next: isComplete ? null : from };
}

async function cursorOf({ connection }: Context, before: ListRequest['before']): Promise<number> {
  if (before === null) return Number((await connection.get('lastSeq'))?.['seq']) + 1;
  if ('seq' in before) return before.seq;
  const row = await connection.get('findJob', { id: before.id });
  if (row === undefined) throw new JobNotFoundError(before.id);
  return Number(row['seq']);
}

async function executions(context: Context, id: string): Promise<Reply<'executions'>> {
  const job = await context.connection.get('findJob', { id });
  if (job === undefined) return { count: 0, executions: [] };
  const { seq, number } = job as unknown as { readonly seq: number; readonly number: number };
  return { count: number, executions: await lastExecutions(context, seq) };
}
