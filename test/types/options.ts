// Options that must not compile, and those that must.
import {
  duration,
  Job,
  JobQueue,
  type JobOptions,
  type RetryPolicy,
  type Service,
  type ServiceOptions,
  setupLogging,
  supervise,
  task,
  type TaskOptions,
} from 'gigq';

const queue = new JobQueue('jobs.db', { initialize: false, inPlace: true, durability: 'relaxed' });
const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);

export const all: Required<Omit<JobOptions, 'retryDelay' | 'delay'>> = {
  name: 'Greeting',
  description: 'says hello',
  queue: 'emails',
  priority: -5,
  maxAttempts: 1,
  timeout: '1h30m',
  retry: { delay: '1s', backoff: 'exponential', maxDelay: '5m', jitter: true },
  runAt: new Date(),
  dependencies: ['a'],
  onParentFailure: 'run',
  passParentResults: false,
};
export const durations: JobOptions[] = [
  { delay: '500ms' },
  { delay: '1.5s' },
  { delay: '7d' },
  { delay: '1d12h' },
  { delay: duration(5000) },
  { timeout: false },
];
export const retry: RetryPolicy = {};
export const inline: TaskOptions = { isolation: 'inline', queue: 'emails' };

// @ts-expect-error a bare number has no unit
await greet.submit(queue, {}, { timeout: 300 });
// @ts-expect-error neither has a string of digits
await greet.submit(queue, {}, { delay: '300' });
// @ts-expect-error nor is there such a unit
await greet.submit(queue, {}, { delay: '3 weeks' });
// @ts-expect-error there is no such option
await greet.submit(queue, {}, { priorty: 1 });
// @ts-expect-error an integer
await greet.submit(queue, {}, { priority: 'high' });
// @ts-expect-error true says nothing
await greet.submit(queue, {}, { timeout: true });
// @ts-expect-error an instant is a Date
await greet.submit(queue, {}, { runAt: '2030-01-01' });
// @ts-expect-error there is no such backoff
await greet.submit(queue, {}, { retry: { backoff: 'linear' } });
// @ts-expect-error the id is the job's own
await greet.submit(queue, {}, { id: 'mine' });
// @ts-expect-error a task has no moment to run at
task('later', { delay: '1h' }, () => 1);
// @ts-expect-error a schema is no plain object
task('plain', { params: { to: 'string' } }, () => 1);
// @ts-expect-error the handler is missing
task('empty', { maxAttempts: 1 });
// @ts-expect-error the task is missing
export const noTask = new Job({ params: {} });
// @ts-expect-error a function is no task
export const noTaskEither = new Job({ task: () => 1 });
// @ts-expect-error there is no such state
await queue.listJobs({ status: 'done' });
// @ts-expect-error a page has a length
await queue.listJobs({ limit: '10' });
// @ts-expect-error an age has a unit
await queue.clearCompleted({ before: 7 });
// @ts-expect-error a plain object is no Job
await queue.submit({ task: 'greet' });
// @ts-expect-error a Job has its options already
await queue.submit(new Job({ task: 'greet' }), { priority: 5 });
// @ts-expect-error a pool is no transaction
await greet.submit(queue, {}, { tx: { totalCount: 1, query: async () => ({ rows: [] }) } });
// @ts-expect-error a wait has a unit
await queue.get('1').result({ timeout: 5 });
// @ts-expect-error there is no such level
setupLogging({ level: 'verbose' });
// @ts-expect-error a logger has four methods
export const noLogger = new JobQueue('jobs.db', { logger: { info: console.info } });

await queue.listJobs({ status: ['failed', 'timeout'], task: 'greet', queue: 'emails', limit: 5 });
await queue.clearCompleted({ before: '7d' });
await queue.clearCompleted({ before: new Date() });

export const serviceOptions: Required<ServiceOptions> = {
  workerId: 'w',
  pollingInterval: '5s',
  concurrency: 8,
  queues: ['emails'],
  tasks: ['./tasks/*.ts', new URL('file:///tasks.ts')],
  shutdownTimeout: '20s',
  leaseDuration: '30s',
  handleSignals: true,
  logger: setupLogging(),
  processes: 4,
};
export const service: Service = supervise('jobs.db', { tasks: ['tasks.ts'] });
export const pids: readonly number[] = service.pids;
await service.stop({ timeout: '5s' });
// @ts-expect-error there is no default for the modules
supervise('jobs.db', {});
// @ts-expect-error a task cannot cross to another process
supervise('jobs.db', { tasks: [greet] });
// @ts-expect-error a queue cannot either
supervise(queue, { tasks: ['tasks.ts'] });
