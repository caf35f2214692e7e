/** Tasks: a name, a handler, and everything that follows from them. */
import { GigqError } from '../core/errors.ts';
import { checkTaskName } from '../core/task-name.ts';
import { checkBatch, enqueue } from './enqueue.ts';
import { type JobHandle, StoredJob } from './handle.ts';
import {
  checkJobOptions,
  jobChecks,
  checkPairs,
  draftWith,
  type JobDraft,
  type JobOptions,
  newJob,
  plainDraft,
  taskChecks,
  type TaskOptions,
} from './job-options.ts';
import { connectionOf, type JobQueue } from './job-queue.ts';
import { checkedRecord, encodeParams, Job } from './job.ts';
import type { Awaitable, JsonParams } from './json-types.ts';
import { silentLogger } from './logger.ts';
import { newId } from './new-id.ts';
import { checkOptions, type Checks, refusal } from './options.ts';
import { brand, callerOf, register, type TaskDefinition, type TaskHandler } from './registry.ts';
import { type Schema, validateParams } from './schema.ts';
import type { TaskContext } from './task-context.ts';
import { type SubmitOptions, submitChecks } from './transaction.ts';

/**
 * A task: submits jobs, and is still an ordinary function, which runs the handler here and now.
 *
 * @example
 * const greet = task('greet', async ({ name }: { name: string }) => `Hello, ${name}!`);
 * await greet.submit(queue, { name: 'Ada' });
 * console.log(await greet({ name: 'Ada' }));
 */
export interface Task<In, Out, Result> {
  /**
   * Runs the handler, with the schema's output if there is one; without a queue, a worker or a time limit.
   * @param context What the handler is to be told; the rest is made up.
   */
  (
    ...args: {} extends In
      ? [params?: In, context?: Partial<TaskContext>]
      : [params: In, context?: Partial<TaskContext>]
  ): Promise<Result>;
  readonly taskName: string;
  /**
   * Stores a job of this task; resolves when it is safe.
   *
   * @throws {GigqError} `params_invalid`, `not_json` or `too_large` for the params; `invalid_option`
   * @example
   * const handle = await greet.submit(queue, { name: 'Ada' }, { delay: '1h' });
   */
  submit(
    queue: JobQueue,
    ...args: {} extends In
      ? [params?: In, options?: JobOptions & SubmitOptions]
      : [params: In, options?: JobOptions & SubmitOptions]
  ): Promise<JobHandle<Result>>;
  /**
   * Stores a job for each of the params, at most 50,000, in one transaction: all or none. The handles have the
   * order of the params.
   *
   * @throws {GigqError} What `submit` throws; `too_large` if they are more.
   * @example
   * const handles = await greet.submitMany(queue, [{ name: 'Ada' }, { name: 'Bob' }], { priority: 5 });
   */
  submitMany(
    queue: JobQueue,
    params: readonly In[],
    options?: JobOptions & SubmitOptions,
  ): Promise<JobHandle<Result>[]>;
  /**
   * A job of this task that is not submitted yet.
   *
   * @throws {GigqError} `invalid_option`
   * @example
   * const job = greet.toJob({ name: 'Ada' });
   * await queue.submit(job);
   */
  toJob(
    ...args: {} extends In
      ? [params?: In, options?: JobOptions]
      : [params: In, options?: JobOptions]
  ): Job<Result>;
  readonly '~types'?: { input: In; output: Out; result: Result };
}

/**
 * Defines a task. Its name is what jobs are matched by, so it has to stay the same: 1 to 128 of the characters
 * A-Z a-z 0-9 _ . : -
 *
 * The same name again from the same file replaces the task with a warning (hot reload); from another place it throws.
 * With `params`, a schema, the input is checked at submit and stored as given; the handler gets the schema's output,
 * checked again before each run.
 *
 * @throws {GigqError} `invalid_option`; `task_conflict` if another place defined that name.
 * @example
 * export const sync = task('sync', { maxAttempts: 5, timeout: '30s' }, async ({ url }: { url: string }, { signal }) => {
 *   const response = await fetch(url, { signal });
 *   return response.text();
 * });
 */
export function task<P, R>(
  name: string,
  handler: (params: JsonParams<P>, context: TaskContext) => Awaitable<R>,
): Task<P, P, R>;
export function task<In, Out, R>(
  name: string,
  options: TaskOptions & { params: Schema<In, Out> },
  handler: (params: Out, context: TaskContext) => Awaitable<R>,
): Task<In, Out, R>;
export function task<P, R>(
  name: string,
  options: TaskOptions & { params?: undefined },
  handler: (params: JsonParams<P>, context: TaskContext) => Awaitable<R>,
): Task<P, P, R>;
export function task(name: string, ...rest: unknown[]): Task<unknown, unknown, unknown> {
  const definition = define(name, rest);
  const created = makeTask(definition);
  register(created);
  return created;
}

function define(name: unknown, rest: readonly unknown[]): TaskDefinition {
  const checkedName = checkTaskName(name);
  const where = `task '${checkedName}'`;
  const [options, handler] = rest.length > 1 ? rest : [{}, rest[0]];
  checkOptions(taskChecks, options, where);
  checkPairs(options, where);
  if (typeof handler !== 'function') throw refusal(`${where}: handler`, 'a function', handler);
  const { params, ...jobOptions } = options;
  refuseVainLimit(jobOptions, where);
  return {
    name: checkedName,
    handler: handler as TaskHandler,
    options: Object.freeze(jobOptions),
    params,
    source: callerOf(import.meta.url),
    draft: draftWith(plainDraft(checkedName), jobOptions),
  };
}

function refuseVainLimit(
  { isolation = 'inline', memoryLimitMb }: TaskOptions,
  where: string,
): void {
  if (isolation !== 'inline' || memoryLimitMb === undefined) return;
  throw new GigqError(
    'invalid_option',
    `${where}: memoryLimitMb limits nothing on the event loop`,
    {
      hint: "Give the task isolation: 'thread' or 'process' as well.",
    },
  );
}

function makeTask(definition: TaskDefinition): Task<unknown, unknown, unknown> {
  const call = (params?: unknown, context?: Partial<TaskContext>): Promise<unknown> =>
    callDirectly(definition, params, context);
  // A function's name can be defined, not assigned.
  Object.defineProperty(call, 'name', { value: definition.name, configurable: true });
  const created: Task<unknown, unknown, unknown> = Object.assign(call, {
    [brand]: definition,
    taskName: definition.name,
    submit: (queue: JobQueue, params?: unknown, options?: Submitted) =>
      submit(definition, { queue, params, options }),
    submitMany: (queue: JobQueue, params: readonly unknown[], options?: Submitted) =>
      submitMany(definition, { queue, params, options }),
    toJob: (params?: unknown, options?: JobOptions) => toJob(created, params, options),
  });
  return created;
}

/** Runs the handler as a function is run. Always a promise, also of what the handler throws at once. */
async function callDirectly(
  definition: TaskDefinition,
  params: unknown = {},
  context: Partial<TaskContext> = {},
): Promise<unknown> {
  const { params: schema, handler } = definition;
  const input = schema === undefined ? params : await validateParams(schema, params);
  return handler(input, { ...madeUpContext(definition), ...context });
}

function madeUpContext({ draft }: TaskDefinition): TaskContext {
  const { task: taskName, name, queue, maxAttempts } = draft;
  const createdAt = new Date();
  const job = { id: newId(), name, task: taskName, queue, maxAttempts, createdAt };
  return {
    job: { ...job, attempt: 1, workflowId: null },
    workerId: '',
    signal: new AbortController().signal,
    log: silentLogger,
    parentResults: {},
    progress: () => {},
  };
}

// ── submitting ──────────────────────────────────────────────────────────────────────────────────

type Submitted = JobOptions & SubmitOptions;

interface Submission<Params> {
  readonly queue: JobQueue;
  readonly params: Params;
  readonly options: Submitted | undefined;
}

// Not one await before the store is reached: what a caller does next has to come after it.
async function submit(
  definition: TaskDefinition,
  { queue, params = {}, options }: Submission<unknown>,
): Promise<JobHandle<unknown>> {
  const connection = connectionOf(queue);
  const draft = draftOf(definition, options);
  const job = newJob(draft, newId(), encodeParams(params));
  await enqueue(connection, [checkedRecord(job, definition.params)], options);
  return new StoredJob(job.id, connection);
}

async function submitMany(
  definition: TaskDefinition,
  { queue, params, options }: Submission<readonly unknown[]>,
): Promise<JobHandle<unknown>[]> {
  const connection = connectionOf(queue);
  checkBatch(params, `task '${definition.name}': submitMany()`);
  const draft = draftOf(definition, options);
  const jobs = params.map((each = {}, place) =>
    newJob(draft, newId(), encodeParams(each, nameOf(place))),
  );
  const { params: schema } = definition;
  const records = schema
    ? jobs.map((job, place) => checkedRecord(job, schema, nameOf(place)))
    : jobs;
  await enqueue(connection, records, options);
  return jobs.map(({ id }) => new StoredJob(id, connection));
}

/** What errors call the params of one job of many. */
function nameOf(place: number): string {
  return `params[${place}]`;
}

function draftOf(definition: TaskDefinition, options: Submitted | undefined): JobDraft {
  if (options === undefined) return definition.draft;
  checkSubmitted(options, `task '${definition.name}'`);
  return draftWith(definition.draft, options);
}

const submittedChecks: Checks<Submitted> = { ...jobChecks, ...submitChecks };

function checkSubmitted(options: unknown, where: string): void {
  checkOptions(submittedChecks, options, where);
  checkPairs(options, where);
}

function toJob(
  created: Task<unknown, unknown, unknown>,
  params: unknown,
  options: JobOptions = {},
): Job {
  checkJobOptions(options, `task '${created.taskName}'`);
  return new Job({ ...options, task: created, params });
}
