// How an attempt ends: by its handler, by what the handler throws, by its time-out, by a cancel.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { FatalError, type JobQueue, RetryLater, task, type TaskContext } from 'gigq';
import { found, Gate, next, place } from '../helpers/worker-place.ts';
import { mutedStore, startSession } from '../helpers/worker-session.ts';

const anHour = { pollingInterval: '1h' } as const;

interface Signalled {
  readonly aborted: Gate<unknown>;
  readonly release: Gate<string>;
}

/** What the handlers that outlive their signal tell and wait for, by the id of their job. */
const signalled = new Map<string, Signalled>();

function stateOf({ job, signal }: TaskContext): Signalled {
  const state = { aborted: new Gate<unknown>(), release: new Gate<string>() };
  signalled.set(job.id, state);
  signal.addEventListener('abort', () => state.aborted.open(signal.reason));
  return state;
}

const obedient = task('obedient', async (_: {}, { signal }) => {
  await once(signal, 'abort');
  signal.throwIfAborted();
});
const deaf = task('deaf', async (_: {}, context) => stateOf(context).release.passed);
const noop = task('noop', async () => 'done');

function history(queue: JobQueue, id: string) {
  return found(async () => queue.getStatus(id), 'the job');
}

describe('an attempt that takes too long', { concurrency: true }, () => {
  it('is told by its signal, recorded as timed out, and tried again', async (t) => {
    const here = place(t);
    const worker = here.worker();
    const { id } = await obedient.submit(here.queue, {}, { timeout: '50ms', maxAttempts: 2 });
    assert.equal(await worker.drain(), 2);
    const info = await history(here.queue, id);
    assert.deepEqual([info.status, info.attempts], ['timeout', 2]);
    assert.deepEqual(
      info.executions.map(({ status }) => status),
      ['timeout', 'timeout'],
    );
    assert.equal(info.error?.message, 'The attempt took longer than its timeout of 50ms');
  });

  it('is over after the grace, though its handler ignores the signal; what comes later changes nothing', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const { id } = await deaf.submit(here.queue, {}, { timeout: '50ms', maxAttempts: 1 });
    const after = await noop.submit(here.queue);
    await next(worker, 'timeout');
    assert.equal(await after.result(), 'done', 'the slot is free again');
    signalled.get(id)?.release.open('too late');
    await noop.submit(here.queue).then((handle) => handle.result());
    const info = await history(here.queue, id);
    assert.deepEqual([info.status, info.result, info.executionCount], ['timeout', null, 1]);
  });

  it('is recorded as timed out although its handler swallows the abort and resolves', async (t) => {
    const here = place(t);
    await here.started();
    const handle = await deaf.submit(here.queue, {}, { timeout: '50ms', maxAttempts: 1 });
    const state = await found(() => signalled.get(handle.id), 'the handler');
    assert.equal(codeOf(await state.aborted.passed), 'timeout');
    state.release.open('as if nothing had happened');
    await assert.rejects(handle.result(), { code: 'job_failed' });
    assert.equal(await handle.status(), 'timeout');
  });

  it('is recorded as timed out although it kept the event loop from noticing', async (t) => {
    const here = place(t);
    const block = task('block', { timeout: '20ms', maxAttempts: 1 }, () => {
      const endMs = performance.now() + 60;
      while (performance.now() < endMs);
      return 'done';
    });
    const handle = await block.submit(here.queue);
    await here.worker().drain();
    assert.equal(await handle.status(), 'timeout');
  });

  it('ends by its time-out if what the handler returned never settles', async (t) => {
    const here = place(t);
    const never = task('never', { timeout: '50ms', maxAttempts: 1 }, () => new Promise(() => {}));
    const handle = await never.submit(here.queue);
    await here.worker().drain();
    assert.equal(await handle.status(), 'timeout');
  });

  it('has no end without a time-out', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const handle = await deaf.submit(here.queue, {}, { timeout: false });
    const state = await found(() => signalled.get(handle.id), 'the handler');
    assert.equal(worker.currentJobs[0]?.id, handle.id);
    state.release.open('done');
    assert.equal(await handle.result(), 'done');
  });
});

function codeOf(reason: unknown): unknown {
  return (reason as { code?: unknown }).code;
}

describe('a running job that is cancelled', { concurrency: true }, () => {
  it('is told by its signal, and its slot is free once the handler has ended', async (t) => {
    const here = place(t);
    const worker = await here.started(anHour);
    const handle = await obedient.submit(here.queue);
    await next(worker, 'started');
    const cancelled = next(worker, 'cancelled');
    assert.equal(await handle.cancel(), true);
    const [job] = await cancelled;
    assert.deepEqual([job.id, job.status], [handle.id, 'cancelled']);
    assert.deepEqual(worker.currentJobs, []);
    const info = await history(here.queue, handle.id);
    assert.deepEqual(
      info.executions.map(({ status }) => status),
      ['cancelled'],
    );
  });

  it('frees its slot after the grace if the handler ignores the signal; what comes later changes nothing', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const handle = await deaf.submit(here.queue);
    const state = await found(() => signalled.get(handle.id), 'the handler');
    const cancelled = next(worker, 'cancelled');
    await handle.cancel();
    assert.equal(codeOf(await state.aborted.passed), 'cancelled');
    await cancelled;
    state.release.open('too late');
    await noop.submit(here.queue).then((after) => after.result());
    assert.equal(await handle.status(), 'cancelled');
  });

  it('learns of it within 2 s by polling alone', async (t) => {
    const here = place(t);
    const { events } = await startSession(t, mutedStore(here), {
      pollingInterval: '100ms',
      tasks: [obedient],
    });
    const handle = await obedient.submit(here.queue);
    await once(events, 'started');
    const startedAtMs = performance.now();
    await handle.cancel();
    await once(events, 'cancelled');
    assert.ok(performance.now() - startedAtMs < 2000);
  });
});

describe('what a handler throws', { concurrency: true }, () => {
  it('is not tried again if it is a FatalError', async (t) => {
    const here = place(t);
    const fatal = task('fatal', async () => {
      throw new FatalError('gone', { cause: new Error('404') });
    });
    const { id } = await fatal.submit(here.queue);
    assert.equal(await here.worker().drain(), 1);
    const info = await history(here.queue, id);
    assert.deepEqual(
      [info.status, info.attempts, info.error?.cause?.message],
      ['failed', 1, '404'],
    );
  });

  it('puts the job off without using up an attempt if it is a RetryLater', async (t) => {
    const here = place(t);
    let runs = 0;
    const later = task('later', { maxAttempts: 1 }, async () => {
      runs += 1;
      if (runs === 1) throw new RetryLater('30ms');
      if (runs === 2) throw new RetryLater(new Date(Date.now() + 30));
      return runs;
    });
    const worker = await here.started(anHour);
    const postponed = next(worker, 'retrying');
    const handle = await later.submit(here.queue);
    const [job] = await postponed;
    assert.deepEqual([job.status, job.attempts], ['scheduled', 0]);
    assert.equal(await handle.result(), 3);
    const info = await history(here.queue, handle.id);
    assert.deepEqual(
      info.executions.map(({ status }) => status),
      ['released', 'released', 'completed'],
    );
  });

  it('is tried again when that is due, not at the next poll', async (t) => {
    const here = place(t);
    const startedAtMs: number[] = [];
    const flaky = task('flaky', { maxAttempts: 3, retryDelay: '200ms' }, async () => {
      startedAtMs.push(performance.now());
      if (startedAtMs.length < 3) throw new Error('not yet');
    });
    await here.started(anHour);
    await (await flaky.submit(here.queue)).result();
    const [first = 0, second = 0, third = 0] = startedAtMs;
    for (const delayMs of [second - first, third - second]) {
      assert.ok(delayMs >= 190 && delayMs < 1200, `it waited ${delayMs} ms`);
    }
  });

  it('is tried again ever later with exponential backoff, jitter and a cap', async (t) => {
    const here = place(t);
    const worker = await here.started(anHour);
    const retry = {
      delay: '40ms',
      backoff: 'exponential',
      maxDelay: '100ms',
      jitter: true,
    } as const;
    const broken = task('broken', { maxAttempts: 4, retry }, async () => {
      throw new Error('it broke');
    });
    const delays: number[] = [];
    worker.on('retrying', ({ runAt, updatedAt }) => delays.push(Number(runAt) - Number(updatedAt)));
    await (await broken.submit(here.queue)).result().catch(() => undefined);
    const bounds = [
      [20, 40],
      [40, 80],
      [50, 100],
    ] as const;
    for (const [which, [min, max]] of bounds.entries()) {
      const delay = delays[which] ?? -1;
      assert.ok(delay >= min && delay <= max, `retry ${which + 1} after ${delay} ms`);
    }
  });
});
