/** A job that has not been submitted yet. */
import { encodeJson } from '../core/json.ts';
import type { NewJob } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import { checkTaskName } from '../core/task-name.ts';
import {
  checkPairs,
  draftWith,
  jobChecks,
  type JobDraft,
  jobId,
  type JobOptions,
  newJob,
  plainDraft,
  type References,
} from './job-options.ts';
import { newId } from './new-id.ts';
import { anything, type Check, checkOptions, type Checks, refusal } from './options.ts';
import { type AnyTask, definitionOf, isTask } from './registry.ts';
import { isThenable, type Schema, validateParams } from './schema.ts';

interface NewJobOptions<R> extends JobOptions {
  /** The task that runs it: itself, with its options as defaults, or only its name. */
  task: string | AnyTask<R>;
  /** JSON, of at most 1 MiB; default {}. */
  params?: unknown;
  /**
   * An id of your own, of 1 to 128 characters; default: a new UUIDv7. A job whose id is stored already changes nothing,
   * so that the id of an order, say, keeps its job from being submitted twice.
   */
  id?: string;
}

const taskOption: Check = (value, name) => {
  if (typeof value === 'string') checkTaskName(value);
  else if (!isTask(value)) throw refusal(name, 'a task or the name of one', value);
};

const checks: Checks<NewJobOptions<unknown>> = {
  ...jobChecks,
  task: taskOption,
  params: anything,
  id: jobId,
};

/** What a `Job` holds for the store. */
interface Contents {
  readonly draft: JobDraft;
  readonly schema: Schema | undefined;
}

let contentsOf: (job: Job) => Contents | undefined;

/**
 * A job to submit. Its id is made here: submitting the same Job twice stores it once.
 *
 * With a task instead of a name, the task's options are its defaults and the task's schema checks its params when it
 * is submitted.
 *
 * @throws {GigqError} `invalid_option` or `invalid_duration`, naming the option.
 * @example
 * const job = new Job({ task: 'greet', params: { name: 'Bob' }, priority: 10, retryDelay: '30s' });
 * const { id } = await queue.submit(job);
 */
export class Job<R = unknown> {
  declare readonly '~types'?: { result: R };
  /** A UUIDv7 unless you gave one. */
  readonly id: string;
  /** The name for people. */
  readonly name: string;
  /** The name of its task. */
  readonly task: string;
  /** As they were given; they are turned into JSON when the job is submitted. */
  readonly params: unknown;
  readonly #contents: Contents;

  static {
    contentsOf = (job) => (#contents in job ? job.#contents : undefined);
  }

  constructor(options: JobOptions & { task: string | AnyTask<R>; params?: unknown; id?: string }) {
    checkOptions(checks, options, 'Job');
    checkPairs(options, 'Job');
    const { task, params = {}, id = newId() } = options;
    if (task === undefined) throw refusal('Job: task', 'a task or the name of one', task);
    const definition = isTask(task) ? definitionOf(task) : undefined;
    const draft = draftWith(definition?.draft ?? plainDraft(task as string), options);
    this.id = id;
    this.name = draft.name;
    this.task = draft.task;
    this.params = params;
    this.#contents = { draft, schema: definition?.params };
  }
}

/**
 * The job as the store takes it; a promise only if its schema answers with one. `name` is what errors call its params.
 * @throws {GigqError} `invalid_option` if it is no Job, `params_invalid`, `not_json`, `too_large`
 */
export function recordOf(job: Job, name = defaultName): NewJob | Promise<NewJob> {
  const { draft, schema } = inside(job, 'submit()');
  return checkedRecord(newJob(draft, job.id, encodeParams(job.params, name)), schema, name);
}

/** What a workflow makes of a job's params and dependencies. */
export interface Wiring {
  /** With null where a reference goes. */
  readonly params: unknown;
  readonly references: References;
  readonly dependencies: readonly string[];
}

/** The same for a job that is wired into a workflow. What it will be given by others, its schema checks when it runs. */
export function wiredRecordOf(job: Job, wiring: Wiring, name: string): NewJob | Promise<NewJob> {
  const { draft, schema } = inside(job, 'addJob()');
  const { params, references, dependencies } = wiring;
  const text = encodeParams(params, name);
  const record = newJob({ ...draft, dependencies }, job.id, text, references);
  return checkedRecord(record, references.size === 0 ? schema : undefined, name);
}

/** @throws {GigqError} `invalid_option` if it is no Job */
export function draftOfJob(job: Job, where: string): JobDraft {
  return inside(job, where).draft;
}

function inside(job: Job, where: string): Contents {
  const contents = typeof job === 'object' && job !== null ? contentsOf(job) : undefined;
  if (contents === undefined) throw refusal(where, 'a Job', job);
  return contents;
}

const defaultName = 'params';

export function encodeParams(params: unknown, name = defaultName): string {
  return encodeJson(params, name, limits.paramsBytes);
}

/** The job once its params have passed the schema. */
export function checkedRecord(
  record: NewJob,
  schema: Schema | undefined,
  name = defaultName,
): NewJob | Promise<NewJob> {
  if (schema === undefined) return record;
  // What is stored is what has to pass: it is all that a worker will see of the params.
  const verdict = validateParams(schema, JSON.parse(record.params), name);
  if (!isThenable(verdict)) return record;
  const checked = Promise.resolve(verdict).then(() => record);
  // Another job of the same batch may be refused first: then nobody waits for this one any more.
  checked.catch(() => {});
  return checked;
}
