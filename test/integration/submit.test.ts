import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Job, type JobOptions, JobQueue, task } from 'gigq';
import type { RetryPolicy } from '../../dist/core/job.js';
import { untyped } from '../helpers/any.ts';
import { HandWorker } from '../helpers/hand-worker.ts';
import { assertRefused } from '../helpers/rejection.ts';

const queue = new JobQueue(':memory:', { inPlace: true });
after(() => queue.close());

const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);
const careful = task(
  'careful',
  {
    queue: 'slow',
    name: 'Careful',
    description: 'takes its time',
    priority: 3,
    maxAttempts: 9,
    timeout: '1m30s',
    retryDelay: '5s',
  },
  () => 1,
);

async function statusOf(
  id: string,
): Promise<NonNullable<Awaited<ReturnType<JobQueue['getStatus']>>>> {
  return (await queue.getStatus(id)) ?? assert.fail('there is no such job');
}

async function total(): Promise<number> {
  return (await queue.stats()).total;
}

/** The policy as a worker gets it. */
async function retryOf(options: JobOptions): Promise<RetryPolicy | null> {
  await using own = new JobQueue(':memory:', { inPlace: true });
  await careful.submit(own, undefined, options);
  const worker = await HandWorker.register(own, 'careful');
  return (await worker.run('null')).retry;
}

describe('submitting a task', () => {
  test('stores a job with the defaults of the design', async () => {
    const { id } = await greet.submit(queue, { name: 'Ada' });
    const { createdAt, updatedAt, ...info } = await statusOf(id);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
    assert.ok(Math.abs(Date.now() - createdAt.getTime()) < 60_000);
    assert.deepEqual(updatedAt, createdAt);
    assert.deepEqual(info, {
      id,
      name: 'greet',
      task: 'greet',
      queue: 'default',
      description: '',
      params: { name: 'Ada' },
      priority: 0,
      dependencies: [],
      workflowId: null,
      status: 'pending',
      maxAttempts: 3,
      timeout: '300s',
      attempts: 0,
      crashes: 0,
      expiredLeases: 0,
      suspect: false,
      result: null,
      error: null,
      workerId: null,
      progress: null,
      runAt: null,
      startedAt: null,
      completedAt: null,
      executions: [],
      executionCount: 0,
    });
  });

  test('params that were left out are {}', async () => {
    const { id } = await greet.submit(queue);
    assert.deepEqual((await statusOf(id)).params, {});
  });

  test("the task's options are its defaults", async () => {
    const { id } = await careful.submit(queue);
    const { name, description, queue: lane, priority, maxAttempts, timeout } = await statusOf(id);
    assert.deepEqual(
      { name, description, lane, priority, maxAttempts, timeout },
      {
        name: 'Careful',
        description: 'takes its time',
        lane: 'slow',
        priority: 3,
        maxAttempts: 9,
        timeout: '1m30s',
      },
    );
  });

  test('options of a single job win over those of its task', async () => {
    const options = {
      queue: 'fast',
      name: 'Quick',
      priority: -1,
      maxAttempts: 1,
      timeout: false,
    } as const;
    const { id } = await careful.submit(queue, undefined, { ...options, description: '' });
    const { name, description, queue: lane, priority, maxAttempts, timeout } = await statusOf(id);
    assert.deepEqual({ name, queue: lane, priority, maxAttempts, timeout }, options);
    assert.equal(description, '');
  });

  test('options that are undefined say nothing', async () => {
    const { id } = await careful.submit(
      queue,
      undefined,
      untyped({ priority: undefined, retry: undefined }),
    );
    assert.equal((await statusOf(id)).priority, 3);
  });

  test('an options object is read anew by every submit', async () => {
    const options: JobOptions = { priority: 1 };
    const first = await greet.submit(queue, {}, options);
    options.priority = 2;
    const second = await greet.submit(queue, {}, options);
    assert.deepEqual(
      [(await statusOf(first.id)).priority, (await statusOf(second.id)).priority],
      [1, 2],
    );
  });

  test('params are stored as they are when submit is called', async () => {
    const params = { name: 'before' };
    const submitted = greet.submit(queue, params);
    params.name = 'after';
    assert.deepEqual((await statusOf((await submitted).id)).params, { name: 'before' });
  });

  for (const inPlace of [true, false]) {
    const where = inPlace ? 'in place' : 'on a thread of its own';
    test(`what one caller writes, its next read sees, awaited or not, ${where}`, async () => {
      await using own = new JobQueue(':memory:', { inPlace });
      const submitted = greet.submit(own);
      assert.equal((await own.stats()).pending, 1);
      const { id } = await submitted;
      const cancelled = own.cancel(id);
      assert.equal((await own.getStatus(id))?.status, 'cancelled');
      assert.equal(await cancelled, true);
    });
  }
});

describe('how a job is tried again', () => {
  test("is what its task says, unless the job says something, and then all of the job's", async () => {
    assert.deepEqual(await retryOf({}), { delay: '5s' });
    assert.deepEqual(await retryOf({ retryDelay: '1m' }), { delay: '1m' });
    assert.deepEqual(
      await retryOf({
        retry: { delay: '1s', backoff: 'exponential', maxDelay: '5m', jitter: true },
      }),
      {
        delay: '1s',
        backoff: 'exponential',
        maxDelay: '5m',
        jitter: true,
      },
    );
    assert.deepEqual(await retryOf({ retry: { delay: '2s' } }), { delay: '2s' });
  });

  test('is at once when there is nothing to say', async () => {
    assert.equal(await retryOf({ retryDelay: '0ms' }), null);
    assert.equal(await retryOf({ retry: {} }), null);
    assert.equal(await retryOf({ retry: { backoff: 'exponential' } }), null);
  });

  test('cannot be said twice', async () => {
    await assertRefused(
      () => greet.submit(queue, {}, { retry: {}, retryDelay: '1s' }),
      'invalid_option',
      /task 'greet': expected retry or retryDelay, got both/u,
    );
  });
});

describe('when a job runs first', () => {
  test('a delay makes it scheduled', async () => {
    const { id } = await greet.submit(queue, {}, { delay: '1h' });
    const { status, runAt, createdAt } = await statusOf(id);
    assert.equal(status, 'scheduled');
    assert.equal(Number(runAt) - createdAt.getTime(), 3_600_000);
  });

  test('a delay of 60 days and the year 9999 are fine', async () => {
    const far = new Date('9999-12-31T23:59:59.999Z');
    const first = await greet.submit(queue, {}, { delay: '60d' });
    const second = await greet.submit(queue, {}, { runAt: far });
    assert.equal((await statusOf(first.id)).status, 'scheduled');
    assert.deepEqual((await statusOf(second.id)).runAt, far);
  });

  test('no delay, and a moment that has passed, mean now', async () => {
    const past = new Date('1970-01-01T00:00:01Z');
    const first = await greet.submit(queue, {}, { delay: '0s' });
    const second = await greet.submit(queue, {}, { runAt: past });
    assert.equal((await statusOf(first.id)).status, 'pending');
    assert.equal((await statusOf(second.id)).status, 'pending');
  });

  const refused: readonly [
    title: string,
    options: unknown,
    code: 'invalid_option' | 'invalid_duration',
  ][] = [
    ['both a delay and a moment', { delay: '1s', runAt: new Date() }, 'invalid_option'],
    ['an invalid Date', { runAt: new Date(NaN) }, 'invalid_option'],
    ['a moment that is no Date', { runAt: Date.now() }, 'invalid_option'],
    ['a negative delay', { delay: '-1s' }, 'invalid_duration'],
    ['a delay that is not a number', { delay: NaN }, 'invalid_duration'],
    ['a delay without a unit', { delay: '60' }, 'invalid_duration'],
  ];
  for (const [title, options, code] of refused) {
    test(`${title} is refused`, async () => {
      await assertRefused(
        () => greet.submit(queue, {}, untyped(options)),
        code,
        /^task 'greet': /u,
      );
    });
  }
});

describe('params that cannot be stored are refused, and nothing is stored', () => {
  test('what JSON would lose is named by its path', async () => {
    const before = await total();
    const params = untyped({ list: [{ at: new Map() }] });
    await assertRefused(() => greet.submit(queue, params), 'not_json', /params\.list\[0\]\.at/u);
    assert.equal(await total(), before);
  });

  test('more than 1 MiB is too large', async () => {
    await assertRefused(
      () => greet.submit(queue, { name: 'x'.repeat(1_048_576) }),
      'too_large',
      /params/u,
    );
  });

  test('what is no queue is refused', async () => {
    await assertRefused(
      () => greet.submit(untyped({ name: 'x' })),
      'invalid_option',
      /queue: expected a JobQueue/u,
    );
    await assertRefused(
      () => greet.submit(untyped('jobs.db')),
      'invalid_option',
      /expected a JobQueue/u,
    );
  });

  test('an option that is not there yet is refused, not ignored', async () => {
    const job = new Job({ task: 'greet' });
    const submit = queue.submit.bind(queue) as (job: Job, options: unknown) => Promise<unknown>;
    await assertRefused(
      () => submit(job, { priority: 5 }),
      'invalid_option',
      /submit\(\): unknown option 'priority'/u,
    );
    const options = untyped({ dependsOn: [job.id] });
    await assertRefused(
      () => greet.submit(queue, {}, options),
      'invalid_option',
      /unknown option 'dependsOn'/u,
    );
  });
});
