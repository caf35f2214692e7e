/** What a worker can be told, checked once, and what it means. */
import { randomUUID } from 'node:crypto';
import { defaultLogger, type Logger, withFields } from '../client/logger.ts';
import {
  boolean,
  type Check,
  checkOptions,
  type Checks,
  durationOption,
  integer,
  line,
  listOf,
  logger,
  positiveDuration,
  refusal,
} from '../client/options.ts';
import { queueName } from '../client/job-options.ts';
import { type AnyTask, isTask } from '../client/registry.ts';
import { isIsolated } from './task-loader.ts';
import { type Duration, durationMs } from '../core/duration.ts';
import { defaults } from '../core/limits.ts';

/**
 * How a worker works.
 *
 * @example
 * const options: WorkerOptions = { concurrency: 8, queues: ['emails'], tasks: [sendEmail, './tasks/*.ts'] };
 */
export interface WorkerOptions {
  /**
   * A name for people, on one line; default 'worker-<uuid>'. With `concurrency` over 1 the slots are '<id>-0',
   * '<id>-1', …
   */
  workerId?: string;
  /** How often to look for jobs although nothing said that there are any, over 0; default '5s'. */
  pollingInterval?: Duration;
  /** How many jobs to run at the same time, 1 to 1,000; default 1. */
  concurrency?: number;
  /** The queues to serve; default: all. */
  queues?: readonly string[];
  /**
   * Tasks, or modules that export them: a path or a glob (relative to the working directory), or a file URL. Default:
   * every task defined in this process, also those defined later.
   */
  tasks?: readonly (AnyTask | string | URL)[];
  /** How long running jobs may go on once the worker is told to stop; default '20s', then 5 s of grace. */
  shutdownTimeout?: Duration;
  /**
   * How long the worker may be silent before others take its jobs, at least '1s'; default '30s'. It gives a sign of
   * life three times as often.
   */
  leaseDuration?: Duration;
  /**
   * Whether SIGINT and SIGTERM stop the worker while `start()` runs, default true; a second one ends the process by
   * that signal.
   */
  handleSignals?: boolean;
  /** Default: nothing is logged unless `setupLogging` is called. */
  logger?: Logger;
}

/** The options as they are used. */
export interface Settings {
  readonly workerId: string;
  readonly pollingMs: number;
  readonly concurrency: number;
  readonly queues: readonly string[] | null;
  readonly tasks: readonly (AnyTask | string | URL)[] | undefined;
  readonly shutdownMs: number;
  readonly leaseMs: number;
  readonly handleSignals: boolean;
  /** Never throws. */
  readonly logger: Logger;
}

export const labelLength = 200;
const leaseMinMs = 1000;
const concurrencyMax = 1000;

/** Whether it can say where modules are: a path, a glob or a file URL. */
export function namesModules(value: unknown): boolean {
  return value instanceof URL
    ? value.protocol === 'file:'
    : typeof value === 'string' && value !== '';
}

const taskSource: Check = (value, name) => {
  if (!namesModules(value) && !isTask(value))
    throw refusal(name, 'a task, a path, a glob or a file URL', value);
  if (isTask(value) && isIsolated(value))
    throw refusal(name, 'a module: a task with isolation has to be imported elsewhere', value);
};

const leaseOption: Check = (value, name) => {
  if (durationMs(value as string, name) < leaseMinMs) throw refusal(name, "at least '1s'", value);
};

export const workerChecks: Checks<WorkerOptions> = {
  workerId: line(labelLength),
  pollingInterval: positiveDuration,
  concurrency: integer(1, concurrencyMax),
  queues: listOf(queueName),
  tasks: listOf(taskSource),
  shutdownTimeout: durationOption,
  leaseDuration: leaseOption,
  handleSignals: boolean,
  logger,
};

/** @throws {GigqError} `invalid_option`, `invalid_duration` */
export function settingsOf(options: WorkerOptions, inherited: Logger = defaultLogger): Settings {
  checkOptions(workerChecks, options, 'Worker');
  return {
    workerId: options.workerId ?? `worker-${randomUUID()}`,
    pollingMs: durationMs(options.pollingInterval ?? defaults.pollingInterval, 'pollingInterval'),
    concurrency: options.concurrency ?? defaults.concurrency,
    queues: options.queues === undefined ? null : [...options.queues],
    tasks: options.tasks === undefined ? undefined : [...options.tasks],
    shutdownMs: durationMs(options.shutdownTimeout ?? defaults.shutdownTimeout, 'shutdownTimeout'),
    leaseMs: durationMs(options.leaseDuration ?? defaults.leaseDuration, 'leaseDuration'),
    handleSignals: options.handleSignals ?? true,
    logger: withFields(options.logger ?? inherited, {}),
  };
}
