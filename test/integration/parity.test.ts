// The faults of the original that users of the library would meet, by their numbers in the list of parity, [B] for a
// fault and [D] for what was only claimed: ours has none. Those that a store can have are in store-parity.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Job, type Logger, task } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { Gate, next, place } from '../helpers/worker-place.ts';

describe('parity', () => {
  it('[B] #2: what would fail in the worker is refused where it is made, and burns no attempt', () => {
    const wrong = [
      { maxAttempts: -1 },
      { priority: 0.5 },
      { timeout: 'soon' },
      { retryDelay: '-1s' },
    ];
    for (const options of wrong) {
      assert.throws(() => new Job(untyped({ task: 'greet', ...options })), { name: 'GigqError' });
    }
    assert.throws(() => task('greet', untyped('not a function')), { code: 'invalid_option' });
  });

  it('[D] #3: a job can name its task by a string, and the worker finds it', async (t) => {
    const here = place(t);
    const greet = task('parity.greet', async ({ name }: { name: string }) => `Hello, ${name}`);
    const handle = await here.queue.submit(
      new Job<string>({ task: 'parity.greet', params: { name: 'Ada' } }),
    );
    await here.worker({ tasks: [greet] }).drain();
    assert.equal(await handle.result(), 'Hello, Ada');
  });

  it('[B] #8: a time-out of 0 is refused and does not become 300 seconds', () => {
    assert.throws(() => new Job({ task: 'greet', timeout: '0ms' }), { code: 'invalid_option' });
    assert.throws(() => new Job(untyped({ task: 'greet', timeout: 0 })), {
      code: 'invalid_duration',
    });
  });

  it('[D] #9: retries wait longer each time', async (t) => {
    const here = place(t);
    const retry = { delay: '1h', backoff: 'exponential' } as const;
    const failing = task('parity.failing', { retry, maxAttempts: 3 }, async () => {
      throw new Error('no');
    });
    const { id } = await failing.submit(here.queue);
    await here.worker().processOne();
    const job = await here.queue.getStatus(id);
    const waitMs = (job?.runAt?.getTime() ?? 0) - (job?.updatedAt.getTime() ?? 0);
    assert.deepEqual([job?.status, job?.attempts], ['scheduled', 1]);
    assert.ok(Math.abs(waitMs - 3_600_000) < 1000, `waits ${waitMs} ms`);
  });

  it('[D] #18: what gigq logs goes to the logger of the application', async (t) => {
    const here = place(t);
    const entries: unknown[] = [];
    const log = (...entry: unknown[]): void => void entries.push(entry);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    await here.queue.submit(new Job({ task: 'parity.nobody-knows-it' }));
    await here.worker({ logger, tasks: [task('parity.known', async () => null)] }).drain();
    assert.match(JSON.stringify(entries), /parity\.nobody-knows-it/u);
  });

  it('[D] #26: a job in a list has the same keys as one that was asked for', async (t) => {
    const here = place(t);
    const { id } = await here.queue.submit(new Job({ task: 'parity.listed' }));
    const [listed] = await here.queue.listJobs();
    const { executions, executionCount, ...asked } = (await here.queue.getStatus(id)) ?? {};
    assert.deepEqual([executions, executionCount], [[], 0]);
    assert.deepEqual({ ...listed }, asked);
  });

  it('[B] #36: what a worker runs is seen from anywhere', async (t) => {
    const here = place(t);
    const gate = new Gate();
    const waiting = task('parity.waiting', async () => gate.passed);
    const { id } = await waiting.submit(here.queue);
    const worker = here.worker();
    const began = next(worker, 'started');
    const drained = worker.drain();
    await began;
    assert.deepEqual(worker.currentJobs, [{ id, name: 'parity.waiting' }]);
    gate.open();
    await drained;
    assert.deepEqual(worker.currentJobs, []);
  });

  it('[B] #41: a result that cannot be stored does not run the work again', async (t) => {
    const here = place(t);
    let runs = 0;
    const counting = task('parity.counting', { maxAttempts: 3 }, async () => {
      runs += 1;
      return { big: 1n };
    });
    const { id } = await counting.submit(here.queue);
    await here.worker().drain();
    assert.deepEqual([(await here.queue.getStatus(id))?.status, runs], ['failed', 1]);
  });

  it('[B] #41: whatever a handler throws, its job is recorded and the worker goes on', async (t) => {
    const here = place(t);
    const throwing = task(
      'parity.throwing',
      { maxAttempts: 1 },
      async (which: { which: number }) => {
        throw [null, undefined, 'text', Object.create(null), new AggregateError([])][which.which];
      },
    );
    const handles = await throwing.submitMany(
      here.queue,
      [0, 1, 2, 3, 4].map((which) => ({ which })),
    );
    assert.equal(await here.worker().drain(), 5);
    const statuses = await Promise.all(handles.map(async (handle) => handle.status()));
    assert.deepEqual(new Set(statuses), new Set(['failed']));
  });

  it('[D] #42: a time-out interrupts, with one worker and one slot, too', async (t) => {
    const here = place(t);
    const reasons: unknown[] = [];
    const slow = task('parity.slow', { timeout: '20ms', maxAttempts: 1 }, async (_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    });
    const { id } = await slow.submit(here.queue);
    await here.worker({ concurrency: 1 }).drain();
    const job = await here.queue.getStatus(id);
    assert.deepEqual([job?.status, reasons.length], ['timeout', 1]);
    assert.ok(job?.completedAt, 'a job that timed out says when');
  });

  it('[B] #45: no error outside of the jobs ends a worker or its start()', async (t) => {
    const here = place(t);
    const worker = await here.started();
    worker.on('completed', () => {
      throw new Error('a listener that throws');
    });
    const fine = task('parity.fine', async () => 'fine');
    const handles = await fine.submitMany(here.queue, [undefined, undefined, undefined]);
    const results = await Promise.all(handles.map((handle) => handle.result({ timeout: '10s' })));
    assert.deepEqual(results, ['fine', 'fine', 'fine']);
    assert.equal(worker.running, true);
  });
});
