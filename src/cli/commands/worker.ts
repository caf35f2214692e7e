import { setTimeout } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { Logger, ServiceOptions, Worker, WorkerOptions } from '../../index.ts';
import { readOptionalDuration } from '../durations.ts';
import { failed, wrongUsage } from '../failure.ts';
import { filesOf } from '../find-task.ts';
import { withNotes } from '../help-notes.ts';
import { collect, notEmpty, positiveNumber, tasksOption, withCommonOptions } from '../options.ts';
import { printJson, talk } from '../output.ts';
import { redact } from '../redact.ts';
import { runService } from '../run-service.ts';
import { type CommonOptions, databaseOf, readConfig, tasksOf } from '../settings.ts';
import { stopOnSignal } from '../stop-on-signal.ts';
import { type Given, withoutMissing } from '../without-missing.ts';

interface WorkerCommandOptions extends CommonOptions {
  readonly tasks?: readonly string[];
  readonly queues?: readonly string[];
  readonly workerId?: string;
  readonly pollingInterval?: string;
  readonly concurrency?: number;
  readonly processes?: number;
  readonly shutdownTimeout?: string;
  readonly once?: boolean;
  readonly drain?: boolean;
  readonly logFormat?: 'pretty' | 'json';
}

async function readTasks(options: WorkerCommandOptions): Promise<readonly string[]> {
  const tasks = await tasksOf(options.tasks);
  if (tasks.flatMap(filesOf).length > 0) return tasks;
  throw wrongUsage(
    'there are no tasks to run',
    'Name their modules: gigq worker --tasks <module>, or set tasks in gigq.config.ts.',
  );
}

type Chosen = WorkerOptions & Pick<ServiceOptions, 'tasks'>;

async function workerOptions(options: WorkerCommandOptions): Promise<Chosen> {
  const config = await readConfig();
  const pollingInterval = options.pollingInterval ?? config.pollingInterval;
  const tasks = await readTasks(options);
  const given: Given<WorkerOptions> = {
    queues: options.queues ?? config.queues,
    workerId: options.workerId,
    concurrency: options.concurrency ?? config.concurrency,
    pollingInterval: await readOptionalDuration('--polling-interval', pollingInterval),
    shutdownTimeout: await readOptionalDuration('--shutdown-timeout', options.shutdownTimeout),
  };
  return { ...withoutMissing(given), tasks };
}

async function runSome(worker: Worker, { once, json }: WorkerCommandOptions): Promise<void> {
  const release = stopOnSignal(worker);
  const ran = once ? Number(await worker.processOne()) : await worker.drain();
  release();
  await (json ? printJson({ ran }) : talk(ran === 0 ? 'No job was ready.' : `Jobs run: ${ran}`));
}

/** What a worker does not log by itself, because only a program of its own wants it. */
function logLife(worker: Worker, logger: Logger, database: string): void {
  const { workerId } = worker;
  worker.on('ready', () =>
    logger.info({ workerId, database: redact(database) }, 'The worker is ready'),
  );
  worker.on('started', ({ id, task }) =>
    logger.debug({ workerId, jobId: id, task }, 'Job started'),
  );
  worker.on('stopped', () => logger.info({ workerId }, 'The worker has stopped'));
}

// A database that does not answer must not hold up the end of the process.
const closeMs = 2000;

async function close(worker: Worker): Promise<void> {
  await Promise.race([worker.close(), setTimeout(closeMs, undefined, { ref: false })]);
}

async function run(worker: Worker, options: WorkerCommandOptions): Promise<void> {
  try {
    await (options.once || options.drain ? runSome(worker, options) : worker.start());
  } catch (error) {
    throw failed(error);
  } finally {
    await close(worker);
  }
}

async function work(options: WorkerCommandOptions): Promise<void> {
  const chosen = await workerOptions(options);
  const database = await databaseOf(options);
  const { setupLogging, Worker } = await import('../../index.ts');
  const { logFormat: format, processes, verbose } = options;
  const logger = setupLogging({ level: verbose ? 'debug' : 'info', ...(format && { format }) });
  if (processes !== undefined) return runService(database, { ...chosen, processes });
  const worker = new Worker(database, chosen);
  logLife(worker, logger, database);
  await run(worker, options);
}

const notes = `
It runs until SIGINT or SIGTERM: running jobs may end until the shutdown
timeout, then they are given back. A second signal ends it at once.
With --processes it keeps so many worker processes alive, and starts another
one for each that dies.

Exit codes: 0 stopped; 1 it could not start, or could not give jobs back;
130 or 143 ended by a second signal.

Examples:
  $ gigq worker --tasks tasks.ts
  $ gigq worker --tasks 'jobs/*.ts' --queues mail --queues web --concurrency 8
  $ gigq worker --tasks tasks.ts --drain
  $ gigq worker --tasks tasks.ts --processes 4
`;

export function defineWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('run jobs')
    .addOption(tasksOption('module or glob with tasks; repeatable'))
    .option('--queues <name>', 'run only jobs of this queue; repeatable', collect)
    .addOption(
      new Option('--concurrency <n>', 'jobs at a time')
        .env('GIGQ_CONCURRENCY')
        .argParser(positiveNumber),
    )
    .addOption(
      new Option('--processes <n>', 'worker processes to keep alive')
        .argParser(positiveNumber)
        .conflicts(['once', 'drain']),
    )
    .addOption(new Option('--once', 'run one job, if any is ready, and end').conflicts('drain'))
    .option('--drain', 'run what is ready and end')
    .addOption(
      new Option('--worker-id <id>', 'a name for people').env('GIGQ_WORKER_ID').argParser(notEmpty),
    )
    .addOption(
      new Option('--polling-interval <duration>', 'the longest wait for a look').env(
        'GIGQ_POLLING_INTERVAL',
      ),
    )
    .option('--shutdown-timeout <duration>', 'for jobs to end when it is stopped')
    .addOption(
      new Option('--log-format <format>', 'of the logs on stderr').choices(['pretty', 'json']),
    );
  withNotes(withCommonOptions(command), notes).action(work);
}
