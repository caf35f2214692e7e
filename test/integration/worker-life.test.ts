// Starting, stopping, closing, and runs that end by themselves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { JobQueue, task, Worker } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { assertRefused } from '../helpers/rejection.ts';
import { found, Gate, next, place } from '../helpers/worker-place.ts';
import { mutedStore, startSession } from '../helpers/worker-session.ts';

const noop = task('noop', async () => 'done');
const broken = task('broken', async () => {
  throw new Error('it broke');
});

const gates = new Map<string, Gate>();
const wait = task('wait', async (_: {}, { job }) => {
  const gate = new Gate();
  gates.set(job.id, gate);
  await gate.passed;
});
const obedient = task('obedient', async (_: {}, { signal }) => {
  await once(signal, 'abort');
  throw signal.reason;
});
const deaf = task('deaf', async () => {
  await new Promise(() => {});
});

describe('the options of a worker', () => {
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['a concurrency of 0', { concurrency: 0 }, /concurrency: expected an integer from 1 to 1000/u],
    ['a concurrency of 1001', { concurrency: 1001 }, /concurrency/u],
    ['half a slot', { concurrency: 1.5 }, /concurrency/u],
    ['an empty id', { workerId: '' }, /workerId/u],
    ['an id of two lines', { workerId: 'a\nb' }, /workerId/u],
    ['queues that are no list', { queues: 'emails' }, /queues: expected an array/u],
    ['a queue without a name', { queues: [''] }, /queues\[0\]/u],
    ['a task that is a function', { tasks: [() => {}] }, /tasks\[0\]: expected a task/u],
    ['a URL of another place', { tasks: [new URL('https://example.com')] }, /tasks\[0\]/u],
    ['signals by name', { handleSignals: 'SIGINT' }, /handleSignals/u],
    ['a logger without methods', { logger: {} }, /logger/u],
    [
      'a lease of less than a second',
      { leaseDuration: '999ms' },
      /leaseDuration: expected at least '1s'/u,
    ],
    ['an option that there is not', { concurency: 2 }, /unknown option 'concurency'/u],
  ];
  for (const [what, options, message] of wrong) {
    it(`refuse ${what}`, () =>
      assertRefused(() => new Worker('jobs.db', untyped(options)), 'invalid_option', message));
  }

  it('refuse a duration without a unit, and say what to write', async () => {
    const options = untyped({ pollingInterval: 5 });
    await assertRefused(
      () => new Worker('jobs.db', options),
      'invalid_duration',
      /pollingInterval.*'5s'/u,
    );
    const none = { pollingInterval: '0s' } as const;
    await assertRefused(() => new Worker('jobs.db', none), 'invalid_option', /more than no time/u);
  });

  it('refuse a database that is neither path nor queue', () =>
    assertRefused(
      () => new Worker(untyped({})),
      'invalid_option',
      /Worker: database: expected a path or a JobQueue/u,
    ));

  it('of stop() are checked as well', async (t) => {
    const worker = place(t).worker();
    await assertRefused(() => worker.stop(untyped({ timeout: 5 })), 'invalid_duration', /timeout/u);
  });
});

describe('a start', { concurrency: true }, () => {
  it('that is called again while it runs is the same one', async (t) => {
    const worker = place(t).worker();
    const first = worker.start();
    assert.equal(worker.start(), first);
    await next(worker, 'ready');
    await worker.stop();
    await first;
  });

  it('can follow a stop', async (t) => {
    const here = place(t);
    const worker = here.worker();
    for (const round of [1, 2]) {
      const done = worker.start();
      assert.equal(await (await noop.submit(here.queue)).result(), 'done', `round ${round}`);
      await worker.stop();
      await done;
      assert.deepEqual(await here.queue.workers(), []);
    }
  });

  it('that is called while the worker stops begins once it has stopped', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const handle = await wait.submit(here.queue);
    await found(() => gates.has(handle.id), 'the job');
    const stopping = worker.stop();
    const again = worker.start();
    assert.equal(worker.start(), again);
    const second = await noop.submit(here.queue);
    gates.get(handle.id)?.open();
    await stopping;
    assert.equal(await second.result(), 'done');
    assert.equal(worker.running, true);
    await worker.stop();
    await again;
    assert.equal(worker.running, false);
  });

  it('that is stopped at once resolves without having claimed', async (t) => {
    const here = place(t);
    const handle = await noop.submit(here.queue);
    const worker = here.worker();
    const done = worker.start();
    await worker.stop();
    await done;
    assert.equal(await handle.status(), 'pending');
  });

  it('creates the database if there is none', async (t) => {
    const here = place(t);
    await using worker = new Worker(join(here.folder, 'new.db'), { handleSignals: false });
    void worker.start();
    await next(worker, 'ready');
    await using queue = new JobQueue(join(here.folder, 'new.db'), { initialize: false });
    assert.equal((await queue.workers()).length, 1);
  });

  it('rejects if the database cannot be used, and leaves nothing behind', async (t) => {
    const here = place(t);
    writeFileSync(
      join(here.folder, 'letter.db'),
      'Dear reader, this is no database but a letter. '.repeat(100),
    );
    const worker = new Worker(join(here.folder, 'letter.db'), { handleSignals: false });
    await assert.rejects(worker.start(), { code: 'database_invalid' });
    await assert.rejects(worker.drain(), { code: 'database_invalid' });
    assert.equal(worker.running, false);
    await worker.close();
  });

  it('registers the worker, and shows what it is', async (t) => {
    const here = place(t);
    await here.started({ workerId: 'batch', concurrency: 3, queues: ['emails'], tasks: [noop] });
    const [info] = await here.queue.workers();
    assert.deepEqual(
      [info?.id, info?.pid, info?.concurrency, info?.state],
      ['batch', process.pid, 3, 'active'],
    );
    assert.deepEqual([info?.queues, info?.tasks], [['emails'], ['noop']]);
  });
});

describe('a stop', { concurrency: true }, () => {
  it('of a worker that does nothing resolves at once', async (t) => {
    const worker = place(t).worker();
    await worker.stop();
    await worker.drain();
    await Promise.all([worker.stop(), worker.stop()]);
  });

  it('aborts at its deadline what has not ended, and gives it back without using up an attempt', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const { id } = await obedient.submit(here.queue);
    await next(worker, 'started');
    await worker.stop({ timeout: '50ms' });
    const info = await here.queue.getStatus(id);
    assert.deepEqual([info?.status, info?.attempts], ['pending', 0]);
    assert.deepEqual(
      info?.executions.map(({ status }) => status),
      ['released'],
    );
  });

  it('gives back unrun what was being claimed at that moment', async (t) => {
    const here = place(t);
    const claimed = new Gate();
    const answer = new Gate();
    const store = mutedStore(here, async (op, _input, pass) => {
      const reply = await pass();
      if (op === 'claim') {
        claimed.open();
        await answer.passed;
      }
      return reply;
    });
    const handle = await noop.submit(here.queue);
    const { session } = await startSession(t, store);
    await claimed.passed;
    assert.equal(await handle.status(), 'running');
    const stopped = session.stop(0);
    answer.open();
    await stopped;
    const info = await here.queue.getStatus(handle.id);
    assert.deepEqual([info?.status, info?.attempts], ['pending', 0]);
  });

  it('waits out the grace of a handler that ignores its signal, and is over by then', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const { id } = await deaf.submit(here.queue);
    await next(worker, 'started');
    const startedAtMs = performance.now();
    await worker.stop({ timeout: '0ms' });
    const tookMs = performance.now() - startedAtMs;
    assert.ok(tookMs > 4900 && tookMs < 7000, `it took ${tookMs} ms`);
    assert.equal((await here.queue.getStatus(id))?.status, 'pending');
  });

  it('can be hurried by a second one', async (t) => {
    const here = place(t);
    const worker = await here.started();
    await obedient.submit(here.queue);
    await next(worker, 'started');
    const slow = worker.stop({ timeout: '1h' });
    await worker.stop({ timeout: '0ms' });
    await slow;
  });

  it('says that it is stopping while the last jobs run', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const { id } = await wait.submit(here.queue);
    const gate = await found(() => gates.get(id), 'the handler');
    const stopped = worker.stop();
    await found(async () => (await here.queue.workers())[0]?.state === 'stopping', 'its state');
    gate.open();
    await stopped;
    assert.equal((await here.queue.getStatus(id))?.status, 'completed');
  });

  it('of forty idle workers takes less than a second in all', async (t) => {
    const here = place(t);
    const workers = await Promise.all(Array.from({ length: 40 }, () => here.started()));
    const startedAtMs = performance.now();
    await Promise.all(workers.map((worker) => worker.stop()));
    assert.ok(performance.now() - startedAtMs < 1000);
    assert.deepEqual(await here.queue.workers(), []);
  });
});

describe('a run that ends by itself', { concurrency: true }, () => {
  it('drains everything that is ready, retries included, but waits for nothing that is scheduled', async (t) => {
    const here = place(t);
    await noop.submitMany(
      here.queue,
      Array.from({ length: 25 }, () => ({})),
    );
    const scheduled = await noop.submit(here.queue, {}, { delay: '1h' });
    await broken.submit(here.queue, {}, { maxAttempts: 2 });
    const delayed = await broken.submit(here.queue, {}, { retryDelay: '1h' });
    assert.equal(await here.worker({ concurrency: 20 }).drain(), 28);
    assert.deepEqual(
      [await scheduled.status(), await delayed.status()],
      ['scheduled', 'scheduled'],
    );
  });

  it('drains only what this worker can run', async (t) => {
    const here = place(t);
    await noop.submit(here.queue, {}, { queue: 'other' });
    await broken.submit(here.queue);
    assert.equal(await here.worker({ queues: ['mine'] }).drain(), 0);
    assert.equal(await here.worker({ tasks: [noop] }).drain(), 1);
    assert.equal((await here.queue.stats()).pending, 1);
  });

  it('drains what handlers submit', async (t) => {
    const here = place(t);
    const chain = task('chain', async ({ left }: { left: number }) => {
      if (left > 0) await chain.submit(here.queue, { left: left - 1 });
    });
    await chain.submit(here.queue, { left: 5 });
    assert.equal(await here.worker().drain(), 6);
  });

  it('runs one after the other if several are asked for at once', async (t) => {
    const here = place(t);
    const worker = here.worker();
    await noop.submitMany(here.queue, [{}, {}]);
    const runs = [worker.processOne(), worker.processOne(), worker.processOne()];
    assert.deepEqual(await Promise.all(runs), [true, true, false]);
  });

  it('is refused while start() runs', async (t) => {
    const worker = await place(t).started();
    await assert.rejects(worker.processOne(), { code: 'worker_running' });
    await assert.rejects(worker.drain(), { code: 'worker_running' });
  });

  it('ends early if the worker is stopped', async (t) => {
    const here = place(t);
    const worker = here.worker();
    await obedient.submit(here.queue);
    const drained = worker.drain();
    await next(worker, 'started');
    const waiting = worker.processOne();
    await worker.stop({ timeout: '0ms' });
    assert.deepEqual(await Promise.all([drained, waiting]), [1, false]);
  });

  it('keeps the worker registered until it is closed', async (t) => {
    const here = place(t);
    const worker = here.worker();
    await worker.processOne();
    await worker.processOne();
    assert.equal((await here.queue.workers()).length, 1);
    await worker.close();
    await worker.close();
    assert.deepEqual(await here.queue.workers(), []);
  });
});

describe('a worker that is closed', () => {
  it('stops first, and can do nothing more', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const { id } = await wait.submit(here.queue);
    const gate = await found(() => gates.get(id), 'the handler');
    const closed = worker[Symbol.asyncDispose]();
    gate.open();
    await closed;
    assert.equal((await here.queue.getStatus(id))?.status, 'completed');
    await assert.rejects(worker.start(), { code: 'worker_closed' });
  });
});
