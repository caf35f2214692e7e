import { type Command, Option } from 'commander';
import type { AnyTask, Job, JobHandle, JobOptions, JobQueue } from '../../index.ts';
import { readOptionalDuration, readTimeout } from '../durations.ts';
import { findTask } from '../find-task.ts';
import { withNotes } from '../help-notes.ts';
import {
  collect,
  notEmpty,
  positiveNumber,
  tasksOption,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import { print, printJson, talk, toJson } from '../output.ts';
import { readParams } from '../params.ts';
import { withQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { withoutMissing } from '../without-missing.ts';
import { adviceOnWorkers } from '../worker-advice.ts';

interface SubmitOptions extends CommonOptions {
  readonly tasks?: readonly string[];
  readonly param?: readonly string[];
  readonly params?: string;
  readonly name?: string;
  readonly description?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly maxAttempts?: number;
  readonly timeout?: string;
  readonly retryDelay?: string;
  readonly delay?: string;
  readonly dependsOn?: readonly string[];
  readonly onParentFailure?: 'cancel' | 'wait' | 'run';
  readonly wait?: boolean;
  readonly waitTimeout?: string;
}

async function jobOptions(options: SubmitOptions): Promise<JobOptions> {
  const { name, description, queue, priority, maxAttempts, dependsOn, onParentFailure } = options;
  return withoutMissing<JobOptions>({
    name,
    description,
    queue,
    priority,
    maxAttempts,
    dependencies: dependsOn,
    onParentFailure,
    timeout: await readTimeout('--timeout', options.timeout),
    retryDelay: await readOptionalDuration('--retry-delay', options.retryDelay),
    delay: await readOptionalDuration('--delay', options.delay),
  });
}

async function makeJob(task: AnyTask | string, options: SubmitOptions): Promise<Job> {
  const params = readParams(options.param, options.params);
  const chosen = await jobOptions(options);
  const { Job } = await import('../../index.ts');
  return new Job({ task, ...chosen, ...(params !== undefined && { params }) });
}

async function result(
  handle: JobHandle<unknown>,
  { waitTimeout }: SubmitOptions,
): Promise<unknown> {
  const timeout = await readOptionalDuration('--wait-timeout', waitTimeout);
  return handle.result(timeout === undefined ? {} : { timeout });
}

/** With --json the whole record is printed however the job ended, so that its id is never lost. */
async function printOutcome(
  queue: JobQueue,
  handle: JobHandle<unknown>,
  options: SubmitOptions,
): Promise<void> {
  try {
    const value = await result(handle, options);
    if (!options.json) await print(toJson(value));
  } finally {
    if (options.json) await printJson(await queue.getStatus(handle.id));
  }
}

async function announce(job: Job, { json, wait }: SubmitOptions): Promise<void> {
  if (json && !wait) return printJson({ id: job.id, name: job.name, task: job.task });
  const line = `Job submitted: ${job.id}`;
  // While waiting, stdout is the result's alone.
  return wait ? talk(line) : print(line);
}

async function submitJob(queue: JobQueue, job: Job, options: SubmitOptions): Promise<void> {
  const handle = await queue.submit(job);
  await announce(job, options);
  // The job is stored; that nothing can be said about workers is no failure.
  const advice = await adviceOnWorkers(queue, job.id).catch(() => undefined);
  if (advice !== undefined) await talk(advice);
  if (options.wait) await printOutcome(queue, handle, options);
}

async function submit(target: string, options: SubmitOptions): Promise<void> {
  await readOptionalDuration('--wait-timeout', options.waitTimeout);
  const job = await makeJob(await findTask(target, options.tasks), options);
  await withQueue(options, (queue) => submitJob(queue, job, options));
}

const notes = `
A task is named as it was defined, or by the module that exports it, a path
below the working directory. With a module, or with --tasks, its schema checks
the params, and its own options hold where none is given here.

With --wait the result is printed as JSON. Exit codes: 1 if the job failed,
124 if waiting timed out; the job goes on.

Examples:
  $ gigq submit greet -p name=Alice
  $ gigq submit tasks.ts#greet --params '{"name": "Alice"}' --wait
  $ gigq submit report --queue nightly --priority 5 --delay 2h --timeout false
  $ gigq submit clean-up --depends-on "$id" --on-parent-failure run
`;

function withJobOptions(command: Command): Command {
  return command
    .optionsGroup('The job:')
    .option('-p, --param <key=value>', 'one param: JSON, else text; repeatable', collect)
    .option('--params <json>', 'all params; a key of -p wins')
    .option('--name <name>', 'a name for people')
    .option('--description <text>', 'more about it, for people')
    .option('--queue <name>', 'the queue it waits in', notEmpty)
    .option('--priority <n>', 'higher first', wholeNumber)
    .option('--delay <duration>', 'how long to wait before it may run')
    .option('--timeout <duration>', 'for one attempt; false: no limit')
    .option('--max-attempts <n>', 'how often it may run', positiveNumber)
    .option('--retry-delay <duration>', 'how long to wait between two attempts')
    .option('--depends-on <id>', 'a job that it waits for; repeatable', collect)
    .addOption(
      new Option('--on-parent-failure <action>', 'if one of those ends badly').choices([
        'cancel',
        'wait',
        'run',
      ]),
    );
}

export function defineSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('submit a job')
    .argument('<task>', 'name of a task, or <module>#<export>');
  withJobOptions(command)
    .optionsGroup('Options:')
    .addOption(tasksOption('module that defines the task; repeatable'))
    .option('--wait', 'wait for the result and print it')
    .addOption(new Option('--wait-timeout <duration>', 'wait so long').implies({ wait: true }));
  withNotes(withCommonOptions(command), notes).action(submit);
}
