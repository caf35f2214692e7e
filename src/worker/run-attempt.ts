/** What happens to a job between its claim and its settlement: task → params → context → handler → outcome. */
import type { TaskDefinition } from '../client/registry.ts';
import { type Schema, validateParams } from '../client/schema.ts';
import type { Outcome } from '../core/decide.ts';
import { describeError } from '../core/describe-error.ts';
import { durationMs } from '../core/duration.ts';
import { GigqError, isFatal, isGigqError, isRetryLater, type RetryLater } from '../core/errors.ts';
import type { ClaimedJob, Due, Inputs } from '../core/job.ts';
import { encodeJson } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { NoInputs } from '../store/store.ts';
import type { Attempt, Ending } from './attempt.ts';
import { type ContextTools, contextOf } from './context.ts';
import { type Given, tooLarge, withInputs, withoutInputs } from './inputs.ts';

export interface AttemptTools extends ContextTools {
  taskNamed(name: string): TaskDefinition | undefined;
  /** What the job's parents came to; rejects only if the database was lost. */
  inputsOf(job: ClaimedJob): Promise<Inputs | NoInputs>;
}

/** Runs the job's handler; never rejects. */
export async function runAttempt(attempt: Attempt, tools: AttemptTools): Promise<Ending> {
  try {
    const task = taskOf(attempt.job, tools);
    // Not awaited where it need not be: most handlers begin in the turn in which their jobs were claimed.
    const { job } = attempt;
    const given = job.inputs === 'ask' ? await ask(job, tools) : givenTo(job, job.inputs);
    if (given === null) return released;
    const params =
      task.params === undefined ? given.params : await check(task.params, given.params);
    // A handler that begins after its signal has aborted would wait for that in vain.
    if (attempt.isAborted) return released;
    const context = contextOf(attempt, tools, given.parentResults);
    const result = await task.handler(params, context);
    return {
      outcome: { kind: 'completed', result: encode(result) },
      thrown: undefined,
      abort: null,
    };
  } catch (error) {
    return {
      outcome: outcomeOf(error),
      thrown: Hopeless.is(error) ? error.cause : error,
      abort: null,
    };
  }
}

/** What another attempt would not change: its cause is what went wrong. */
class Hopeless extends Error {
  readonly #isHopeless = true;

  constructor(cause: unknown) {
    super('Not tried again', { cause });
  }

  /** Unlike instanceof, this can be asked of a proxy that throws. */
  static is(error: unknown): error is Hopeless {
    return typeof error === 'object' && error !== null && #isHopeless in error && error.#isHopeless;
  }
}

function taskOf({ task }: ClaimedJob, tools: AttemptTools): TaskDefinition {
  const definition = tools.taskNamed(task);
  if (definition !== undefined) return definition;
  throw new GigqError('task_unknown', `This worker has no task '${task}' any more`);
}

/** The job was not to be run just now: nobody is to blame. */
const released: Ending = { outcome: { kind: 'released' }, thrown: undefined, abort: null };

function givenTo(job: ClaimedJob, inputs: Inputs | null): Given {
  return hopelessly(() => (inputs === null ? withoutInputs(job) : withInputs(job, inputs)));
}

/** Null: it is to be given back, for a parent runs again, or its lease is lost. */
async function ask(job: ClaimedJob, tools: AttemptTools): Promise<Given | null> {
  const inputs = await tools.inputsOf(job);
  if (inputs === 'too_large') throw new Hopeless(tooLarge());
  return typeof inputs === 'string' ? null : givenTo(job, inputs);
}

/** What the schema refuses it will refuse again; that its check broke down may pass. */
async function check(schema: Schema, params: unknown): Promise<unknown> {
  try {
    return await validateParams(schema, params);
  } catch (error) {
    throw isGigqError(error) && error.code === 'params_invalid' ? new Hopeless(error) : error;
  }
}

/** The handler has done its work: running it again would do it twice, and return the same. */
function encode(result: unknown): string {
  return hopelessly(() => encodeJson(result, 'result', limits.resultBytes));
}

function hopelessly<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new Hopeless(error);
  }
}

function outcomeOf(error: unknown): Outcome {
  if (isRetryLater(error))
    return { kind: 'postponed', due: dueOf(error), error: describeError(error) };
  const isHopeless = Hopeless.is(error);
  return {
    kind: 'failed',
    error: describeError(isHopeless ? error.cause : error),
    final: isHopeless || isFatal(error),
  };
}

function dueOf({ delay }: RetryLater): Due {
  return delay instanceof Date
    ? { atMs: delay.getTime() }
    : { afterMs: durationMs(delay, 'RetryLater') };
}
