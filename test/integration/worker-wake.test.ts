// What makes a worker look for jobs, and what it does while there are none.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Job, JobQueue, type Logger, task, Worker } from 'gigq';
import { pause } from '../helpers/pauses.ts';
import { found, Gate, next, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';
import { mutedStore, startSession } from '../helpers/worker-session.ts';

const anHour = { pollingInterval: '1h' } as const;

let startedAtMs = 0;
const noop = task('noop', async () => {
  startedAtMs = performance.now();
});

/** How long it took from the call to the start of the handler, at best of several. */
async function bestOf(
  rounds: number,
  submit: () => Promise<{ result(): Promise<unknown> }>,
): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const submittedAtMs = performance.now();
    const handle = await submit();
    await handle.result();
    best = Math.min(best, startedAtMs - submittedAtMs);
  }
  return best;
}

describe('a worker that waits for jobs', () => {
  it('starts one within milliseconds of its submit in the same process', async (t) => {
    const here = place(t);
    await here.started(anHour);
    const tookMs = await bestOf(10, () => noop.submit(here.queue));
    assert.ok(tookMs < 50, `it took ${tookMs} ms`);
  });

  it('starts one within milliseconds of its submit in another process', async (t) => {
    const here = place(t);
    await WorkerProcess.start(t, here.database, anHour);
    let best = Infinity;
    for (let round = 0; round < 10; round++) {
      const submittedAtMs = Date.now();
      const handle = await here.queue.submit(new Job({ task: 'instant' }));
      best = Math.min(best, Number(await handle.result()) - submittedAtMs);
    }
    assert.ok(best < 60, `it took ${best} ms`);
  });

  it('starts one when it is due, not at the next poll', async (t) => {
    const here = place(t);
    await here.started(anHour);
    const handle = await noop.submit(here.queue, {}, { delay: '300ms' });
    await handle.result();
    const { createdAt, startedAt } = (await here.queue.getStatus(handle.id)) ?? assert.fail();
    const lateMs = Number(startedAt) - Number(createdAt) - 300;
    assert.ok(lateMs >= 0 && lateMs < 1000, `it was ${lateMs} ms late`);
  });

  it('starts a due one by the timer alone', async (t) => {
    const here = place(t);
    await noop.submit(here.queue, {}, { delay: '300ms' });
    const { events } = await startSession(t, mutedStore(here), anHour);
    await once(events, 'completed');
  });

  it('does not turn in circles for a job that is due in sixty days', async (t) => {
    const here = place(t);
    let claims = 0;
    await noop.submit(here.queue, {}, { delay: '60d' });
    const store = mutedStore(here, (op, _input, pass) => {
      claims += Number(op === 'claim');
      return pass();
    });
    const { events } = await startSession(t, store, { pollingInterval: '100ms' });
    await once(events, 'idle');
    await found(() => claims >= 4, 'some polls');
    assert.ok(claims < 10, `it claimed ${claims} times`);
  });

  it('writes nothing but its heartbeat', async (t) => {
    const here = place(t);
    const worker = here.worker({ pollingInterval: '20ms' });
    const idle = next(worker, 'idle');
    void worker.start();
    await idle;
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(here.database, { readOnly: true });
    const version = (): unknown => database.prepare('PRAGMA data_version').get()?.['data_version'];
    const before = version();
    await pause(300);
    assert.equal(version(), before);
    database.close();
  });

  it('takes jobs by priority, then first in', async (t) => {
    const here = place(t);
    const order: string[] = [];
    const ordered = task('ordered', async ({ name }: { name: string }) => {
      order.push(name);
    });
    for (const [name, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 5],
      ['e', -1],
    ] as const) {
      await ordered.submit(here.queue, { name }, { priority });
    }
    await here.worker().drain();
    assert.deepEqual(order, ['b', 'd', 'a', 'c', 'e']);
  });

  it('runs as many at a time as it has slots, and no more', async (t) => {
    const here = place(t);
    const gate = new Gate();
    let now = 0;
    let most = 0;
    const counted = task('counted', async () => {
      most = Math.max(most, ++now);
      await gate.passed;
      now -= 1;
    });
    const worker = await here.started({ concurrency: 30 });
    await counted.submitMany(
      here.queue,
      Array.from({ length: 100 }, () => ({})),
    );
    await found(() => now === 30, 'thirty at a time');
    assert.equal(worker.currentJobs.length, 30);
    gate.open();
    await next(worker, 'idle');
    assert.equal(most, 30);
    assert.equal((await here.queue.stats()).completed, 100);
  });

  it('learns of tasks that are defined later', async (t) => {
    const here = place(t);
    await here.started({ pollingInterval: '100ms' });
    const handle = await here.queue.submit(new Job({ task: 'afterwards' }));
    task('afterwards', async () => 'here');
    assert.equal(await handle.result(), 'here');
  });
});

describe('a job of a task that the worker does not know', () => {
  it('stays pending, its attempt unused, and is said once', async (t) => {
    const here = place(t);
    const said: unknown[] = [];
    const log = (fields: unknown, message?: string): void => {
      if (/does not have/u.test(message ?? '')) said.push(fields);
    };
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    await here.started({ logger, pollingInterval: '20ms' });
    const queue = new JobQueue(here.database);
    const strangers = await queue.submitMany([1, 2, 3].map(() => new Job({ task: 'stranger' })));
    await (await noop.submit(queue)).result();
    await found(() => said.length > 0, 'the log');
    await pause(100);
    assert.deepEqual(said, [{ task: 'stranger' }]);
    for (const { id } of strangers) {
      const info = await queue.getStatus(id);
      assert.deepEqual([info?.status, info?.attempts], ['pending', 0]);
    }
    await queue.close();
  });
});

describe('an idle worker, whose claim waits', () => {
  const instant = task('instant', async () => Date.now());

  it('leaves a job to another process while its thread is blocked, at no cost', async (t) => {
    const here = place(t);
    await here.started({ ...anHour, tasks: [instant] });
    await WorkerProcess.start(t, here.database, anHour);
    const submitted = instant.submit(here.queue);
    // Once the call has left, and long before its answer is here.
    await new Promise((resolve) => setImmediate(resolve));
    const blockedUntil = Date.now() + 3000;
    while (Date.now() < blockedUntil);
    const handle = await submitted;
    assert.ok((await handle.result()) < blockedUntil, 'it waited for the thread');
    const { attempts, crashes } = (await here.queue.getStatus(handle.id)) ?? assert.fail();
    assert.deepEqual([attempts, crashes], [1, 0]);
  });

  it('runs no more jobs than it has slots, though it polls all the time', async (t) => {
    const here = place(t);
    let running = 0;
    let most = 0;
    const quick = task('quick', async () => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    await here.started({ pollingInterval: '1ms', tasks: [quick] });
    for (let round = 0; round < 200; round += 1) {
      const handles = await Promise.all([quick.submit(here.queue), quick.submit(here.queue)]);
      await Promise.all(handles.map((handle) => handle.result()));
    }
    assert.equal(most, 1);
  });

  it('takes none once it has been drained', async (t) => {
    const here = place(t);
    await using worker = new Worker(here.queue, { tasks: [instant] });
    await worker.drain();
    const handle = await instant.submit(here.queue);
    // What would claim it shares the commit that stores it.
    assert.equal(await handle.status(), 'pending');
    assert.equal(await worker.drain(), 1);
  });
});
