/** What a service can be told, checked once, and what it means. */
import { availableParallelism } from 'node:os';
import { databaseName } from '../../client/database-name.ts';
import { defaultLogger, type Logger, withFields } from '../../client/logger.ts';
import {
  type Check,
  checkOptions,
  type Checks,
  integer,
  line,
  refusal,
} from '../../client/options.ts';
import { durationMs } from '../../core/duration.ts';
import { defaults } from '../../core/limits.ts';
import { labelLength, namesModules, workerChecks, type WorkerOptions } from '../options.ts';
import type { ProcessOptions } from './messages.ts';

/**
 * How a service works: as each of its workers does, and with how many of them.
 *
 * @example
 * const options: ServiceOptions = { tasks: ['./tasks.ts'], processes: 4, concurrency: 8 };
 */
export interface ServiceOptions extends Omit<WorkerOptions, 'tasks'> {
  /**
   * Modules that export tasks: a path or a glob (relative to the working directory), or a file URL; at least one. Tasks
   * as objects are refused: they cannot cross to another process.
   */
  tasks: readonly (string | URL)[];
  /** How many worker processes to keep alive, 1 to 1,000; default: as many as the machine runs at once. */
  processes?: number;
}

/** The options as they are used. */
export interface ServiceSettings {
  readonly database: string;
  readonly processes: number;
  readonly shutdownMs: number;
  readonly handleSignals: boolean;
  /** Never throws. */
  readonly logger: Logger;
  /** Of the worker in the process of that number. */
  optionsOf(number: number): ProcessOptions;
}

const processesMax = 1000;
const suffixLength = `.${processesMax - 1}`.length;

const moduleSource: Check = (value, name) => {
  if (!namesModules(value)) throw refusal(name, 'a module: a path, a glob or a file URL', value);
};

const modules: Check = (value, name) => {
  if (!Array.isArray(value) || value.length === 0)
    throw refusal(name, 'an array of at least one module', value);
  value.forEach((item: unknown, index) => moduleSource(item, `${name}[${index}]`));
};

const checks: Checks<ServiceOptions> = {
  ...workerChecks,
  workerId: line(labelLength - suffixLength),
  tasks: modules,
  processes: integer(1, processesMax),
};

/** @throws {GigqError} `invalid_option`, `invalid_duration` */
export function serviceSettings(database: unknown, options: ServiceOptions): ServiceSettings {
  if (typeof database !== 'string' || database === '' || database === ':memory:')
    throw refusal('supervise(): database', 'the path of a file', database);
  checkOptions(checks, options, 'supervise()');
  if (options.tasks === undefined) modules(options.tasks, 'supervise(): tasks');
  const common = processOptions(options);
  const { workerId } = options;
  return {
    database: databaseName(database),
    processes: options.processes ?? availableParallelism(),
    shutdownMs: durationMs(options.shutdownTimeout ?? defaults.shutdownTimeout, 'shutdownTimeout'),
    handleSignals: options.handleSignals ?? true,
    logger: withFields(options.logger ?? defaultLogger, {}),
    optionsOf: (number) =>
      workerId === undefined ? common : { ...common, workerId: `${workerId}.${number}` },
  };
}

/** What crosses to the processes: plain data. */
function processOptions(options: ServiceOptions): ProcessOptions {
  const { concurrency, queues, pollingInterval, shutdownTimeout, leaseDuration } = options;
  return {
    tasks: options.tasks.map(String),
    ...(concurrency !== undefined && { concurrency }),
    ...(queues !== undefined && { queues: [...queues] }),
    ...(pollingInterval !== undefined && { pollingInterval }),
    ...(shutdownTimeout !== undefined && { shutdownTimeout }),
    ...(leaseDuration !== undefined && { leaseDuration }),
  };
}
