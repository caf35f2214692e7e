// What a worker tells, in what order, and that nobody who listens can disturb it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FatalError, type JobInfo, type Logger, task, type Worker, type WorkerEvents } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { found, next, place } from '../helpers/worker-place.ts';

const names = [
  'ready',
  'started',
  'completed',
  'retrying',
  'failed',
  'timeout',
  'cancelled',
  'lost',
  'idle',
  'stopped',
] as const satisfies readonly (keyof WorkerEvents)[];

const add = task('add', async ({ a, b }: { a: number; b: number }) => a + b);
const broken = task('broken', async () => {
  throw new Error('it broke');
});

/** Notes every event as it comes, with the status of its job and the message of its error. */
function notesOf(worker: Worker): string[] {
  const notes: string[] = [];
  for (const name of names) {
    worker.on(name, (job?: JobInfo, error?: Error) => {
      notes.push([name, job?.status, error?.message].filter(Boolean).join(' '));
    });
  }
  return notes;
}

function loggerTo(entries: unknown[][]): Logger {
  const log = (...entry: unknown[]): void => {
    entries.push(entry);
  };
  return { debug: log, info: log, warn: log, error: log };
}

describe('the events of a worker', () => {
  it('follow the life of each job', async (t) => {
    const here = place(t);
    const worker = here.worker();
    const notes = notesOf(worker);
    await add.submit(here.queue, { a: 1, b: 2 });
    await broken.submit(here.queue, {}, { maxAttempts: 2, retryDelay: '1ms' });
    const done = worker.start();
    await next(worker, 'failed');
    await worker.stop();
    await done;
    assert.deepEqual(
      notes.filter((note) => note !== 'idle'),
      [
        'ready',
        'started running',
        'completed completed',
        'started running',
        'retrying scheduled it broke',
        'started running',
        'failed failed it broke',
        'stopped',
      ],
    );
  });

  it('tell the job as it is then', async (t) => {
    const here = place(t);
    const worker = await here.started({ workerId: 'batch' });
    const started = next(worker, 'started');
    const completed = next(worker, 'completed');
    const { id } = await add.submit(here.queue, { a: 1, b: 2 }, { name: 'Sum', priority: 3 });
    const [before] = await started;
    const [after] = await completed;
    assert.deepEqual([before.status, before.workerId, before.attempts], ['running', 'batch', 1]);
    assert.deepEqual([after.status, after.workerId, after.result], ['completed', null, 3]);
    const {
      executions: _,
      executionCount: __,
      ...stored
    } = (await here.queue.getStatus(id)) ?? assert.fail();
    const instants = { updatedAt: stored.updatedAt, completedAt: stored.completedAt };
    assert.deepEqual({ ...after, ...instants }, stored);
  });

  it('tell of an attempt what was left by the one before, and what its handler told', async (t) => {
    const here = place(t);
    const telling = task('telling', { maxAttempts: 2 }, async (_: {}, { job, progress }) => {
      progress(job.attempt, 2);
      if (job.attempt === 1) throw new Error('not yet');
    });
    const worker = here.worker();
    const seen: unknown[] = [];
    for (const name of ['started', 'retrying', 'completed'] as const) {
      worker.on(name, ({ progress, error }: JobInfo) =>
        seen.push([name, progress?.done, error?.message]),
      );
    }
    await telling.submit(here.queue, {});
    await worker.drain();
    assert.deepEqual(seen, [
      ['started', undefined, undefined],
      ['retrying', 1, 'not yet'],
      ['started', undefined, 'not yet'],
      ['completed', 2, undefined],
    ]);
  });

  it('hand out what was thrown', async (t) => {
    const here = place(t);
    const fatal = new FatalError('gone');
    const throwing = task('throwing', async ({ plain }: { plain: boolean }) => {
      const thrown: unknown = plain ? 'a string' : fatal;
      throw thrown;
    });
    const worker = await here.started();
    let failed = next(worker, 'failed');
    await throwing.submit(here.queue, { plain: false });
    assert.equal((await failed)[1], fatal);
    failed = next(worker, 'failed');
    await throwing.submit(here.queue, { plain: true }, { maxAttempts: 1 });
    const [, error] = await failed;
    assert.deepEqual(
      [error instanceof Error, error.message, error.cause],
      [true, 'a string', 'a string'],
    );
  });

  it('say idle once when there is nothing left, and again after more work', async (t) => {
    const here = place(t);
    const worker = here.worker({ pollingInterval: '10ms' });
    const notes = notesOf(worker);
    void worker.start();
    await next(worker, 'idle');
    await (await add.submit(here.queue, { a: 1, b: 2 })).result();
    await found(() => notes.filter((note) => note === 'idle').length === 2, 'a second idle');
    assert.deepEqual(notes.slice(0, 2), ['ready', 'idle']);
    assert.equal(notes.at(-1), 'idle');
  });

  it('that listeners and loggers throw on change nothing', async (t) => {
    const here = place(t);
    const fail = (): never => {
      throw new Error('a bad logger');
    };
    const logger: Logger = { debug: fail, info: fail, warn: fail, error: fail };
    const worker = here.worker({ logger });
    const heard: string[] = [];
    for (const name of names) {
      worker.on(name, () => {
        throw new Error('a bad listener');
      });
      worker.on(name, () => heard.push(name));
      worker.on(
        name,
        untyped(() => Promise.reject(new Error('a bad asynchronous listener'))),
      );
    }
    await add.submit(here.queue, { a: 1, b: 2 });
    await broken.submit(here.queue, {}, { maxAttempts: 2 });
    assert.equal(await worker.drain(), 3);
    await worker.stop();
    assert.deepEqual(heard, [
      'started',
      'completed',
      'started',
      'retrying',
      'started',
      'failed',
      'idle',
      'stopped',
    ]);
  });

  it('that a listener throws on are logged', async (t) => {
    const here = place(t);
    const entries: unknown[][] = [];
    const worker = here.worker({ logger: loggerTo(entries) });
    const error = new Error('a bad listener');
    worker.once('idle', () => {
      throw error;
    });
    await worker.drain();
    assert.deepEqual(
      entries.find(([, message]) => message === 'A listener of the worker failed')?.[0],
      { err: error },
    );
  });

  it('reach a listener that is there for one of them once', async (t) => {
    const here = place(t);
    let heard = 0;
    const worker = here.worker();
    worker.once('completed', () => {
      heard += 1;
    });
    await add.submitMany(here.queue, [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
    await worker.drain();
    assert.equal(heard, 1);
  });
});
