import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  JobCancelledError,
  JobFailedError,
  type JobHandle,
  JobNotFoundError,
  JobQueue,
  task,
  WaitTimeoutError,
} from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import { ResultWaiter } from '../../dist/client/result-waiter.js';
import { GigqError } from '../../dist/core/errors.js';
import type { StoreHandle } from '../../dist/store/store-handle.js';
import { untyped } from '../helpers/any.ts';
import { failure as jobFailure, HandWorker } from '../helpers/hand-worker.ts';
import { Dialogue, runProgram } from '../helpers/program.ts';
import { assertRefused } from '../helpers/rejection.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

const folder = temporaryFolder();
const greet = task('greet', ({ name = 'world' }: { name?: string }) => ({
  text: `Hello, ${name}!`,
}));

function memory(): JobQueue {
  return new JobQueue(':memory:', { inPlace: true });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

describe('the result of a handle', () => {
  test('comes when the job completes', async () => {
    await using queue = memory();
    const worker = await HandWorker.register(queue, 'greet');
    const handle = await greet.submit(queue);
    const result = handle.result();
    await worker.run('{"text":"Hello, Ada!"}');
    assert.deepEqual(await result, { text: 'Hello, Ada!' });
  });

  test('comes at once when the job has completed, also with a handle that was got by its id', async () => {
    await using queue = memory();
    const { id } = await greet.submit(queue);
    await (await HandWorker.register(queue, 'greet')).run('null');
    assert.equal(await queue.get(id).result({ timeout: '0s' }), null);
  });

  test('is awaited by as many as like, each with an end of its own', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    const waiting = [handle.result(), handle.result(), queue.get(handle.id).result()];
    await assert.rejects(handle.result({ timeout: '10ms' }), WaitTimeoutError);
    await (await HandWorker.register(queue, 'greet')).run('7');
    assert.deepEqual(await Promise.all(waiting), [7, 7, 7]);
  });

  test('of thousands of jobs comes for each', async () => {
    await using queue = new JobQueue(':memory:');
    const params = Array.from({ length: 3000 }, () => ({}));
    const handles = await greet.submitMany(queue, params);
    const all = Promise.allSettled(handles.map((handle) => handle.result()));
    await storeOf(queue).call(
      'cancel',
      handles.map(({ id }) => id),
    );
    const reasons = (await all).map((each) =>
      each.status === 'rejected' ? each.reason : each.value,
    );
    assert.ok(reasons.every((reason) => reason instanceof JobCancelledError));
  });

  test('comes within 50 ms of the completion', async () => {
    await using queue = new JobQueue(join(folder, 'same-process.db'));
    const worker = await HandWorker.register(queue, 'greet');
    const delays: number[] = [];
    for (let round = 0; round < 15; round++) {
      const result = (await greet.submit(queue)).result();
      await worker.run(String(round));
      const completedAt = performance.now();
      assert.equal(await result, round);
      delays.push(performance.now() - completedAt);
    }
    assert.ok(median(delays) < 50, `it took ${delays.map(Math.round).join(', ')} ms`);
  });

  test('comes within 50 ms of the completion, also in another process', async () => {
    const file = join(folder, 'two-processes.db');
    await using queue = new JobQueue(file);
    await queue.stats();
    const other = new Dialogue(
      fileURLToPath(import.meta.resolve('../helpers/settle-on-request.ts')),
      file,
    );
    assert.equal(await other.read(), 'ready');
    const delays: number[] = [];
    for (let round = 0; round < 15; round++) {
      const handle = await greet.submit(queue);
      const seen = handle.result().then((result) => ({ result, at: Date.now() }));
      other.write(String(round));
      const completedAt = Number(await other.read());
      const { result, at } = await seen;
      assert.equal(result, round);
      delays.push(at - completedAt);
    }
    await other.end();
    assert.ok(median(delays) < 50, `it took ${delays.join(', ')} ms`);
  });
});

describe('the result of a handle rejects', () => {
  test('when the job fails, with the error of its last run as the cause', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    await (await HandWorker.register(queue, 'greet')).run(jobFailure);
    await assert.rejects(handle.result(), (error) => {
      assert.ok(error instanceof JobFailedError);
      assert.equal(error.jobId, handle.id);
      assert.equal(error.message, `Job ${handle.id} failed: it broke`);
      assert.ok(error.cause instanceof Error);
      assert.equal(error.cause.name, 'TypeError');
      return true;
    });
  });

  test('when its last attempt timed out', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue, {}, { maxAttempts: 1 });
    const error = { name: 'TimeoutError', message: 'it took longer than 300s' };
    await (await HandWorker.register(queue, 'greet')).run({ kind: 'timeout', error });
    await assert.rejects(
      handle.result(),
      new RegExp(`^JobFailedError: Job ${handle.id} failed: it took`, 'u'),
    );
  });

  test('when the job is cancelled', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    const waiting = assert.rejects(handle.result(), JobCancelledError);
    assert.equal(await handle.cancel(), true);
    await waiting;
    assert.equal(await handle.status(), 'cancelled');
  });

  test('when there is no such job, or none any more', async () => {
    await using queue = memory();
    await assert.rejects(queue.get('nobody').result(), JobNotFoundError);
    await assert.rejects(queue.get('nobody').status(), JobNotFoundError);
    assert.equal(await queue.get('nobody').cancel(), false);
    const handle = await greet.submit(queue);
    await handle.cancel();
    await queue.clearCompleted();
    await assert.rejects(handle.result(), JobNotFoundError);
  });

  test('when the time is up, and the job goes on', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    await assert.rejects(handle.result({ timeout: '20ms' }), (error) => {
      assert.ok(error instanceof WaitTimeoutError);
      assert.equal(error.message, `Job ${handle.id} has not ended after 20ms`);
      return true;
    });
    await assert.rejects(handle.result({ timeout: '0s' }), WaitTimeoutError);
    assert.equal(await handle.status(), 'pending');
  });

  test('not before the time is up, however long that is', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    const result = handle.result({ timeout: '60d' });
    await assert.rejects(handle.result({ timeout: '50ms' }), WaitTimeoutError);
    await (await HandWorker.register(queue, 'greet')).run('1');
    assert.equal(await result, 1);
  });

  test('when its signal aborts, with the reason of the signal', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = assert.rejects(handle.result({ signal }), /^Error: enough$/u);
    controller.abort(new Error('enough'));
    await waiting;
    await assert.rejects(handle.result({ signal }), /^Error: enough$/u);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('when an option is wrong', async () => {
    await using queue = memory();
    const handle = await greet.submit(queue);
    const wait = (options: unknown) => () => handle.result(untyped(options));
    await assertRefused(
      wait({ timeout: 5 }),
      'invalid_duration',
      /^result\(\): timeout: 5 has no unit/u,
    );
    await assertRefused(wait({ signal: {} }), 'invalid_option', /signal: expected an AbortSignal/u);
    await assertRefused(wait({ tiemout: '1s' }), 'invalid_option', /unknown option 'tiemout'/u);
  });
});

/** A store that answers when it is told to, and counts. */
class SlowStore {
  readonly asked: (readonly string[])[] = [];
  readonly listeners = new Set<() => void>();
  #answer: PromiseWithResolvers<unknown> = Promise.withResolvers();

  answer(value: unknown): void {
    this.#answer.resolve(value);
    this.#answer = Promise.withResolvers();
  }

  fail(failure: GigqError): void {
    this.#answer.reject(failure);
    this.#answer = Promise.withResolvers();
  }

  call(_op: string, ids: readonly string[]): Promise<unknown> {
    this.asked.push(ids);
    return this.#answer.promise;
  }

  subscribe(interest: string, listener: () => void): () => void {
    if (interest === 'change') this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  hint(): void {
    for (const listener of this.listeners) listener();
  }
}

describe('waiting for many', () => {
  const ended = { status: 'completed', result: '1', error: null };

  test('asks for all in one call, one call at a time, and follows hints only while somebody waits', async () => {
    const store = new SlowStore();
    const waiter = new ResultWaiter(store as unknown as StoreHandle);
    assert.equal(store.listeners.size, 0);
    const [a, b] = ['a', 'b'].map((id) => waiter.join(id));
    assert.ok(a && b);
    await Promise.resolve();
    assert.deepEqual(store.asked, [['a', 'b']]);
    store.hint();
    store.hint();
    assert.equal(store.asked.length, 1);
    store.answer([ended, 'unfinished']);
    assert.equal((await a.outcome).result, '1');
    a.leave();
    assert.equal(store.listeners.size, 1);
    await b.looked;
    while (store.asked.length < 2) await new Promise(setImmediate);
    assert.deepEqual(store.asked[1], ['b']);
    store.answer([ended]);
    await b.outcome;
    b.leave();
    assert.equal(store.listeners.size, 0);
  });

  test('asks again, by itself, after a database that was busy', async () => {
    const store = new SlowStore();
    const waiter = new ResultWaiter(store as unknown as StoreHandle);
    const { outcome, leave } = waiter.join('a');
    await Promise.resolve();
    store.fail(new GigqError('database_busy', 'locked'));
    while (store.asked.length < 2) await new Promise(setImmediate);
    store.answer([ended]);
    assert.equal((await outcome).status, 'completed');
    leave();
  });

  test('does not take what was asked before somebody came for an answer to it', async () => {
    const store = new SlowStore();
    const waiter = new ResultWaiter(store as unknown as StoreHandle);
    const first = waiter.join('a');
    await Promise.resolve();
    const second = waiter.join('a');
    store.answer([null]);
    await assert.rejects(first.outcome, JobNotFoundError);
    first.leave();
    while (store.asked.length < 2) await new Promise(setImmediate);
    store.answer([ended]);
    assert.equal((await second.outcome).status, 'completed');
    second.leave();
  });
});

describe('a process', () => {
  const setUp = `
    const greet = gigq.task('greet', () => 1);
    const queue = new gigq.JobQueue(process.env.FILE);
    const handle = await greet.submit(queue);
  `;
  const run = (name: string, text: string): ReturnType<typeof runProgram> =>
    runProgram(setUp + text, { folder, env: { FILE: join(folder, name) } });

  test('is not kept alive by an open queue or a handle', async () => {
    assert.deepEqual(await run('open.db', `console.log('end');`), {
      code: 0,
      stdout: 'end\n',
      stderr: '',
    });
  });

  test('is kept alive by a call in progress', async () => {
    const text = `queue.stats().then(({ total }) => console.log(total));`;
    assert.equal((await run('call.db', text)).stdout, '1\n');
  });

  test('is kept alive by waiting for a result, and by nothing of it afterwards', async () => {
    const text = `
      handle.result({ timeout: '300ms' }).catch((error) => console.log(error.code));
      queue.get('nobody').result({ timeout: '1h' }).catch((error) => console.log(error.code));
    `;
    const stdout = 'job_not_found\nwait_timeout\n';
    assert.deepEqual(await run('wait.db', text), { code: 0, stdout, stderr: '' });
  });
});

test('a handle is shown by its id', async () => {
  await using queue = memory();
  const handle: JobHandle<unknown> = await greet.submit(queue);
  assert.equal(String(handle), handle.id);
  assert.equal(JSON.stringify(handle), JSON.stringify({ id: handle.id }));
});
