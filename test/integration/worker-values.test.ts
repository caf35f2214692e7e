// What goes into a handler and comes out of it.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { Job, type Logger, task, type TaskContext } from 'gigq';
import * as v from 'valibot';
import { untyped } from '../helpers/any.ts';
import { found, Gate, next, place } from '../helpers/worker-place.ts';

function loggerTo(entries: unknown[][]): Logger {
  const log = (...entry: unknown[]): void => {
    entries.push(entry);
  };
  return { debug: log, info: log, warn: log, error: log };
}

describe('the result of a handler', () => {
  const results: readonly (readonly [string, () => unknown, unknown])[] = [
    ['undefined is stored as null', () => undefined, null],
    ['a Date is stored as its ISO string', () => new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a promise of a promise is awaited', () => Promise.resolve(Promise.resolve(7)), 7],
    ['falsy values are results', () => [0, false, ''], [0, false, '']],
  ];
  for (const [which, [title, make, expected]] of results.entries()) {
    it(title, async (t) => {
      const here = place(t);
      const giving = task(`giving-${which}`, async () => make());
      const handle = await giving.submit(here.queue);
      await here.worker().drain();
      assert.deepEqual(await handle.result(), expected);
    });
  }

  const circular: unknown[] = [];
  circular.push(circular);
  const refused: readonly (readonly [string, unknown, string])[] = [
    ['a bigint', 10n, 'not_json'],
    ['a circular value', circular, 'not_json'],
    ['a Map', new Map(), 'not_json'],
    ['a value of over 1 MiB', 'x'.repeat(1_048_576), 'too_large'],
  ];
  for (const [which, [what, value]] of refused.entries()) {
    it(`fails its job once, without running it again, if it is ${what}`, async (t) => {
      const here = place(t);
      const giving = task(`refused-${which}`, async () => value);
      const { id } = await giving.submit(here.queue);
      assert.equal(await here.worker().drain(), 1);
      const info = await found(async () => here.queue.getStatus(id), 'the job');
      assert.deepEqual([info.status, info.attempts, info.result], ['failed', 1, null]);
      assert.equal(info.error?.name, 'GigqError');
    });
  }
});

describe('the params of a handler', () => {
  it('keep no slot free, however large they are', async (t) => {
    const here = place(t);
    const count = 30;
    const all = Promise.withResolvers<void>();
    let running = 0;
    const bulky = task('bulky', async (_: { text: string }) => {
      running += 1;
      if (running === count) all.resolve();
      await all.promise;
    });
    const text = 'x'.repeat(200_000);
    for (let n = 0; n < count; n += 1) await bulky.submit(here.queue, { text });
    assert.equal(await here.worker({ concurrency: count }).drain(), count);
  });

  const strict = task(
    'strict',
    { params: v.object({ n: v.pipe(v.string(), v.transform(Number)) }) },
    async ({ n }) => n,
  );

  it('are the output of the schema', async (t) => {
    const here = place(t);
    const handle = await strict.submit(here.queue, { n: '42' });
    await here.worker().drain();
    assert.equal(await handle.result(), 42);
  });

  it('that no longer match the schema fail the job once', async (t) => {
    const here = place(t);
    const { id } = await here.queue.submit(new Job({ task: 'strict', params: { n: 42 } }));
    assert.equal(await here.worker().drain(), 1);
    const info = await found(async () => here.queue.getStatus(id), 'the job');
    assert.deepEqual([info.status, info.attempts], ['failed', 1]);
    assert.match(info.error?.message ?? '', /params\.n/u);
  });
});

describe('the context of a handler', () => {
  it('says which attempt of which job it is, and in which slot', async (t) => {
    const here = place(t);
    const contexts: TaskContext[] = [];
    const curious = task('curious', { maxAttempts: 2 }, async (_: {}, context) => {
      contexts.push(context);
      if (context.job.attempt === 1) throw new Error('again');
    });
    const { id } = await curious.submit(here.queue, {}, { name: 'Curious', queue: 'side' });
    await here.worker({ workerId: 'batch', concurrency: 2 }).drain();
    const [first, second] = contexts;
    const { createdAt, ...job } = second?.job ?? assert.fail('it did not run twice');
    const expected = {
      id,
      name: 'Curious',
      task: 'curious',
      queue: 'side',
      attempt: 2,
      maxAttempts: 2,
    };
    assert.deepEqual(job, { ...expected, workflowId: null });
    assert.ok(Math.abs(Date.now() - Number(createdAt)) < 60_000);
    assert.equal(first?.job.attempt, 1);
    assert.match(second?.workerId ?? '', /^batch-[01]$/u);
  });

  it('can be spread, as a test or a wrapper does', async (t) => {
    const here = place(t);
    const wrapped = task('wrapped', async (_: {}, context) => {
      const copy = { ...context, extra: 1 };
      copy.progress(1);
      return [copy.job.id, copy.signal === context.signal, typeof copy.log.info, copy.workerId];
    });
    const handle = await wrapped.submit(here.queue);
    await here.worker({ workerId: 'one' }).drain();
    assert.deepEqual(await handle.result(), [handle.id, true, 'function', 'one']);
  });

  it("logs to the worker's logger with the job in every entry", async (t) => {
    const here = place(t);
    const entries: unknown[][] = [];
    const chatty = task('chatty', async (_: {}, { log }) => log.info({ size: 3 }, 'hello'));
    const { id } = await chatty.submit(here.queue);
    await here.worker({ logger: loggerTo(entries) }).drain();
    const said = entries.find(([, message]) => message === 'hello');
    assert.deepEqual(said?.[0], { jobId: id, task: 'chatty', attempt: 1, size: 3 });
  });

  it('takes the progress, the latest of which can be seen while the job runs', async (t) => {
    const here = place(t);
    const gate = new Gate();
    const counting = task('counting', async (_: {}, { progress }) => {
      for (let done = 1; done <= 50; done++) progress(done, 50, `at ${done}`);
      await gate.passed;
    });
    const worker = await here.started();
    const handle = await counting.submit(here.queue);
    const seen = await found(
      async () => (await here.queue.getStatus(handle.id))?.progress,
      'its progress',
    );
    assert.deepEqual(seen, { done: 50, total: 50, message: 'at 50' });
    gate.open();
    await handle.result();
    assert.deepEqual(worker.currentJobs, []);
  });

  it('records the last progress before the end', async (t) => {
    const here = place(t);
    const quick = task('quick', async (_: {}, { progress }) => progress(1, 2));
    const { id } = await quick.submit(here.queue);
    await here.worker().drain();
    assert.deepEqual((await here.queue.getStatus(id))?.progress, {
      done: 1,
      total: 2,
      message: null,
    });
  });

  it('refuses a progress that is no number', async (t) => {
    const here = place(t);
    const wrong = task('wrong', { maxAttempts: 1 }, async (_: {}, { progress }) =>
      progress(untyped('half')),
    );
    const { id } = await wrong.submit(here.queue);
    await here.worker().drain();
    assert.match(
      (await here.queue.getStatus(id))?.error?.message ?? '',
      /^progress\(\): expected done/u,
    );
  });

  it('is asynchronous context of the worker, not of the job or the submit that woke it', async (t) => {
    const here = place(t);
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = task('look', async () => {
      seen.push(requests.getStore());
    });
    const worker = await requests.run('worker', () => here.started());
    for (const name of ['first', 'second']) {
      const ended = next(worker, 'completed');
      await requests.run(name, () => look.submit(here.queue));
      await ended;
    }
    assert.deepEqual(seen, ['worker', 'worker']);
  });
});
