// What jobs cost, in counts that a noisy machine does not change: statements, commits, bytes, messages between threads, and
// how often the disk is waited for. If one of them grows, everybody's queue is slower. Times are measured in bench/.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StatementSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { Worker as Thread } from 'node:worker_threads';
import { JobQueue, type JobQueueOptions, task, type TaskContext, Worker } from 'gigq';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

const jobs = 1000;
const params = Array.from({ length: jobs }, (_, n) => ({ n }));
const nothing = task('nothing', async ({ n }: { n: number }) => n);

interface Costs {
  readonly statements: number;
  readonly commits: number;
  /** Of the write-ahead log, which is where every commit goes. */
  readonly bytes: number;
}

type Step = (queue: JobQueue) => Promise<unknown>;

const submitMany: Step = (queue) => nothing.submitMany(queue, params);
/** So few that the log is not begun again while they run one after the other. */
const few = 500;
const submitFew: Step = (queue) => nothing.submitMany(queue, params.slice(0, few));
const submitTogether: Step = (queue) =>
  Promise.all(params.map((each) => nothing.submit(queue, each)));

function drain(concurrency: number, count = jobs): Step {
  return async (queue) => {
    await using worker = new Worker(queue, { concurrency, tasks: [nothing] });
    assert.equal(await worker.drain(), count);
  };
}

/** Each is submitted once the one before has ended, to a worker that has nothing else to do. */
const oneByOne: Step = async (queue) => {
  const worker = new Worker(queue, { tasks: [nothing], handleSignals: false });
  const stopped = worker.start();
  await once(worker, 'idle');
  for (const each of params.slice(0, 100)) await (await nothing.submit(queue, each)).result();
  await worker.stop();
  await stopped;
};

async function withQueue<T>(
  options: JobQueueOptions,
  use: (queue: JobQueue, path: string) => Promise<T>,
): Promise<T> {
  const path = join(temporaryFolder(), 'jobs.db');
  await using queue = new JobQueue(path, options);
  await queue.stats();
  return await use(queue, path);
}

/** A look for others' commits, of which there are as many as time passes. */
const look = 'PRAGMA data_version';

/** Every statement that is run in this thread from now on, but for the looks. */
function statementsRun(scope: TestContext): string[] {
  const ran: string[] = [];
  for (const method of ['run', 'get', 'all'] as const) {
    const original = StatementSync.prototype[method];
    const counted = function (this: StatementSync, ...values: never[]): unknown {
      if (this.sourceSQL !== look) ran.push(this.sourceSQL);
      return Reflect.apply(original, this, values);
    };
    scope.mock.method(StatementSync.prototype, method, counted);
  }
  return ran;
}

/** What a step does to a database that is open in this very thread, after what came before it. */
function costsOf(scope: TestContext, step: Step, before: Step = async () => {}): Promise<Costs> {
  return withQueue({ inPlace: true }, async (queue, path) => {
    await before(queue);
    const bytesBefore = statSync(`${path}-wal`).size;
    const ran = statementsRun(scope);
    await step(queue);
    scope.mock.restoreAll();
    return {
      statements: ran.length,
      commits: ran.filter((sql) => sql === 'COMMIT').length,
      bytes: statSync(`${path}-wal`).size - bytesBefore,
    };
  });
}

/** Messages that cross the border of the keeper's thread, in both directions. */
function messagesOf(
  scope: TestContext,
  step: Step,
  before: Step = async () => {},
): Promise<number> {
  let crossed = 0;
  process.once('worker', (keeper) => {
    const emit = keeper.emit.bind(keeper);
    scope.mock.method(keeper, 'emit', (name: string, ...values: unknown[]) => {
      if (name === 'message') crossed += 1;
      return emit(name, ...values);
    });
  });
  const post = Thread.prototype.postMessage;
  scope.mock.method(Thread.prototype, 'postMessage', function (this: Thread, message: unknown) {
    crossed += 1;
    post.call(this, message);
  });
  return withQueue({}, async (queue) => {
    await before(queue);
    crossed = 0;
    await step(queue);
    return crossed;
  });
}

function assertWithin(costs: Costs, bounds: Costs): void {
  for (const name of ['statements', 'commits', 'bytes'] as const)
    assert.ok(costs[name] <= bounds[name], `${name}: ${costs[name]}, at most ${bounds[name]}`);
}

describe('a thousand jobs', () => {
  const submits: readonly [title: string, step: Step][] = [
    ['by one call', submitMany],
    ['by a thousand calls at the same moment', submitTogether],
  ];
  for (const [title, step] of submits)
    test(`submitted ${title} take one commit`, async (scope) => {
      const costs = await costsOf(scope, step);
      assertWithin(costs, { statements: 12, commits: 1, bytes: 240_000 });
    });

  test('run, 100 at a time, take a commit for each half of the slots', async (scope) => {
    const costs = await costsOf(scope, drain(100), submitMany);
    assertWithin(costs, { statements: 1250, commits: 25, bytes: 1_250_000 });
  });

  test('run, 10 at a time, take a commit for each ten', async (scope) => {
    const costs = await costsOf(scope, drain(10), submitMany);
    assertWithin(costs, { statements: 1900, commits: 105, bytes: 3_500_000 });
  });

  test('run one after the other settle one and claim the next in one commit', async (scope) => {
    const costs = await costsOf(scope, drain(1, few), submitFew);
    assertWithin(costs, { statements: 4550, commits: 505, bytes: 11_500_000 });
  });

  test('are claimed by an idle worker in the very commit that stores them', async (scope) => {
    const costs = await costsOf(scope, oneByOne);
    // One to register, one to leave; and for each of a hundred jobs one to store and claim it, one to settle it.
    assertWithin(costs, { statements: 2200, commits: 202, bytes: 4_350_000 });
  });

  test('cross the border of the keeper in few messages', async (scope) => {
    const submitting = await messagesOf(scope, submitTogether);
    assert.ok(submitting <= 4, `${submitting} messages to submit them`);
    const running = await messagesOf(scope, drain(100), submitMany);
    assert.ok(running <= 80, `${running} messages to run them`);
  });
});

/** Whether an object is of the quick kind that V8 makes of those that are laid out alike. */
function isQuick(value: object): boolean {
  setFlagsFromString('--allow-natives-syntax');
  const ask = new Script('(value) => %HasFastProperties(value)').runInThisContext() as (
    of: object,
  ) => boolean;
  return ask(value);
}

test('what handlers are told is no slow object', async () => {
  const contexts: TaskContext[] = [];
  const keep = task('keep', async (_: { n: number }, context) => {
    contexts.push(context);
  });
  await withQueue({}, async (queue) => {
    await keep.submitMany(queue, [{ n: 1 }, { n: 2 }]);
    await using worker = new Worker(queue, { tasks: [keep] });
    await worker.drain();
  });
  assert.deepEqual(contexts.map(isQuick), [true, true]);
});

/** How often a program waits for the disk; null where nobody can tell. */
function syncsOf(durability: 'full' | 'relaxed'): number | null {
  const folder = temporaryFolder();
  const program = join(import.meta.dirname, '../fixtures/thousand.ts');
  const traced = ['-f', '-e', 'trace=fsync,fdatasync', '-o', join(folder, 'trace')];
  const run = [process.execPath, program, join(folder, 'jobs.db'), durability];
  const { status, error } = spawnSync('env', ['strace', ...traced, ...run], { encoding: 'utf8' });
  if (error !== undefined || status !== 0) return null;
  return readFileSync(join(folder, 'trace'), 'utf8').split(/f(?:data)?sync\(/u).length - 1;
}

// Elsewhere nobody can count them.
if (spawnSync('env', ['strace', 'true']).status === 0)
  describe('the disk', () => {
    test('is waited for by each commit', () => {
      const syncs = syncsOf('full') ?? 0;
      assert.ok(syncs >= 1010 && syncs <= 1060, `${syncs} syncs`);
    });

    test("is waited for by hardly any, if durability is 'relaxed'", () => {
      const syncs = syncsOf('relaxed') ?? Infinity;
      assert.ok(syncs <= 15, `${syncs} syncs`);
    });
  });
