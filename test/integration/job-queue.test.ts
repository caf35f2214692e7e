import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JobNotFoundError, JobQueue, JobStatus, task } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import { statuses } from '../../dist/core/state.js';
import { untyped } from '../helpers/any.ts';
import { failure, HandWorker } from '../helpers/hand-worker.ts';
import { assertRefused } from '../helpers/rejection.ts';

const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);

function memory(): JobQueue {
  return new JobQueue(':memory:', { inPlace: true });
}

describe('looking at a job', () => {
  test('shows the whole record, while it runs and afterwards', async () => {
    await using queue = memory();
    const worker = await HandWorker.register(queue, 'greet');
    const { id } = await greet.submit(queue, { name: 'Ada' }, { timeout: false });
    const claimed = await worker.claim();
    const running = await queue.getStatus(id);
    assert.equal(running?.status, 'running');
    assert.equal(running.workerId, 'hand-0');
    assert.equal(running.timeout, false);
    assert.equal(running.attempts, 1);
    assert.ok(running.startedAt instanceof Date);
    assert.deepEqual(
      running.executions.map(({ status }) => status),
      ['running'],
    );

    await worker.end(claimed, { kind: 'completed', result: '{"text":"Hello"}' });
    const ended = await queue.getStatus(id);
    assert.equal(ended?.status, JobStatus.COMPLETED);
    assert.deepEqual(ended.result, { text: 'Hello' });
    assert.equal(ended.workerId, null);
    assert.ok(ended.completedAt instanceof Date);
    const [execution] = ended.executions;
    assert.deepEqual(
      { ...execution, startedAt: null, completedAt: null },
      {
        number: 1,
        attempt: 1,
        workerId: 'hand-0',
        status: 'completed',
        startedAt: null,
        completedAt: null,
        error: null,
      },
    );
    assert.ok(execution?.startedAt instanceof Date && execution.completedAt instanceof Date);
    assert.equal(ended.executionCount, 1);
  });

  test('that failed shows its error', async () => {
    await using queue = memory();
    const { id } = await greet.submit(queue);
    await (await HandWorker.register(queue, 'greet')).run(failure);
    const info = await queue.getStatus(id);
    assert.equal(info?.status, 'failed');
    assert.deepEqual([info.error?.name, info.error?.message], ['TypeError', 'it broke']);
    assert.equal(info.executions[0]?.error?.message, 'it broke');
  });

  test('that is not there shows undefined', async () => {
    await using queue = memory();
    assert.equal(await queue.getStatus('nobody'), undefined);
  });

  test('by an id that is no text is refused', async () => {
    await using queue = memory();
    await assertRefused(
      () => queue.getStatus(untyped(5)),
      'invalid_option',
      /^id: expected a string, got 5/u,
    );
    await assertRefused(
      () => queue.get(untyped(undefined)),
      'invalid_option',
      /^id: expected a string/u,
    );
    await assertRefused(
      () => queue.cancel(untyped(null)),
      'invalid_option',
      /^id: expected a string/u,
    );
  });
});

describe('the result of a job', () => {
  test('is undefined until it has completed, and null when there is none', async () => {
    await using queue = memory();
    const worker = await HandWorker.register(queue, 'greet');
    const { id } = await greet.submit(queue);
    assert.equal(await queue.getResult(id), undefined);
    await worker.run('null');
    assert.equal(await queue.getResult(id), null);
  });

  test('is undefined for a job that failed or was cancelled', async () => {
    await using queue = memory();
    const failed = await greet.submit(queue);
    await (await HandWorker.register(queue, 'greet')).run(failure);
    const cancelled = await greet.submit(queue);
    await cancelled.cancel();
    assert.equal(await queue.getResult(failed.id), undefined);
    assert.equal(await queue.getResult(cancelled.id), undefined);
  });

  test('of a job that is not there is an error', async () => {
    await using queue = memory();
    await assert.rejects(queue.getResult('nobody'), JobNotFoundError);
  });
});

describe('looking after jobs', () => {
  test('stats counts every state, and all', async () => {
    await using queue = memory();
    await greet.submitMany(queue, [{}, {}]);
    await greet.submit(queue, {}, { delay: '1h' });
    const none = Object.fromEntries(statuses.map((status) => [status, 0]));
    assert.deepEqual(await queue.stats(), { ...none, pending: 2, scheduled: 1, total: 3 });
  });

  test('cancel ends a job that has not ended, a running one too, and only once', async () => {
    await using queue = memory();
    const worker = await HandWorker.register(queue, 'greet');
    const running = await greet.submit(queue);
    const claimed = await worker.claim();
    const pending = await greet.submit(queue);
    const scheduled = await greet.submit(queue, {}, { delay: '1h' });
    for (const { id } of [running, pending, scheduled]) {
      assert.equal(await queue.cancel(id), true);
      assert.equal(await queue.cancel(id), false);
      assert.equal((await queue.getStatus(id))?.status, 'cancelled');
    }
    assert.equal(await queue.cancel('nobody'), false);
    await assert.rejects(worker.end(claimed, { kind: 'completed', result: '1' }), /lost/u);
  });

  test('requeueJob brings back what ended badly, and nothing else', async () => {
    await using queue = memory();
    const worker = await HandWorker.register(queue, 'greet');
    const { id } = await greet.submit(queue);
    assert.equal(await queue.requeueJob(id), false);
    await worker.run(failure);
    assert.equal(await queue.requeueJob(id), true);
    const info = await queue.getStatus(id);
    assert.deepEqual(
      [info?.status, info?.attempts, info?.error, info?.completedAt, info?.executionCount],
      ['pending', 0, null, null, 1],
    );
    await worker.run('1');
    assert.equal(await queue.requeueJob(id), false);
    assert.equal(await queue.requeueJob('nobody'), false);
  });

  test('clearCompleted removes completed and cancelled jobs, however many, and keeps the others', async () => {
    await using queue = memory();
    const handles = await greet.submitMany(
      queue,
      Array.from({ length: 2500 }, () => ({})),
    );
    await storeOf(queue).call(
      'cancel',
      handles.map(({ id }) => id),
    );
    const worker = await HandWorker.register(queue, 'greet');
    await greet.submit(queue);
    await worker.run('1');
    const failed = await greet.submit(queue);
    await worker.run(failure);
    const pending = await greet.submit(queue);
    assert.equal(await queue.clearCompleted(), 2501);
    assert.deepEqual(
      (await queue.listJobs()).map(({ id }) => id),
      [pending.id, failed.id],
    );
    assert.equal(await queue.clearCompleted(), 0);
  });

  test('clearCompleted with an age or a date keeps what ended later', async () => {
    await using queue = memory();
    const { id } = await greet.submit(queue);
    await queue.cancel(id);
    assert.equal(await queue.clearCompleted({ before: '1h' }), 0);
    assert.equal(await queue.clearCompleted({ before: new Date(Date.now() - 3_600_000) }), 0);
    assert.equal(await queue.clearCompleted({ before: new Date(Date.now() + 3_600_000) }), 1);
  });

  test('clearCompleted refuses what is no age and no date', async () => {
    await using queue = memory();
    const clear = (options: unknown) => () => queue.clearCompleted(untyped(options));
    await assertRefused(clear({ before: 7 }), 'invalid_duration', /before: 7 has no unit/u);
    await assertRefused(
      clear({ before: new Date(NaN) }),
      'invalid_option',
      /before: expected a valid Date/u,
    );
    await assertRefused(clear({ after: '7d' }), 'invalid_option', /unknown option 'after'/u);
  });

  test('workers shows who works, on what, and how much', async () => {
    await using queue = memory();
    assert.deepEqual(await queue.workers(), []);
    const worker = await HandWorker.register(queue, 'greet', 'other');
    const { id } = await greet.submit(queue);
    await worker.claim();
    const [info] = await queue.workers();
    assert.ok(info);
    const { instance, startedAt, heartbeatAt, jobs, ...rest } = info;
    assert.match(instance, /^[0-9a-f-]{36}$/u);
    assert.ok(startedAt instanceof Date && heartbeatAt instanceof Date);
    assert.deepEqual(rest, {
      id: 'hand',
      host: 'elsewhere',
      pid: 4711,
      version: '0.1.0',
      queues: [],
      tasks: ['greet', 'other'],
      concurrency: 1,
      running: 1,
      state: 'active',
      leaseDuration: '30s',
      silent: false,
    });
    assert.partialDeepStrictEqual(jobs, [{ id, name: 'greet', task: 'greet', slot: 'hand-0' }]);
  });
});
