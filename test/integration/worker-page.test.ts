// The page on workers, sentence by sentence; other files test each subject in depth.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker as Thread } from 'node:worker_threads';
import { closeConnections, Job, type JobQueue, task, Worker } from 'gigq';
import { Effects, found, Gate, next, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';
import { mutedStore, startSession } from '../helpers/worker-session.ts';

const double = task('double', async ({ n }: { n: number }) => n * 2);
const broken = task('broken', async () => {
  throw new Error('it broke');
});

let gate = new Gate();
const wait = task('wait', async () => {
  await gate.passed;
  return 'done';
});

describe('the page on workers', () => {
  it('creating a worker with a given or generated id', (t) => {
    const here = place(t);
    assert.equal(here.worker({ workerId: 'batch' }).workerId, 'batch');
    assert.match(here.worker().workerId, /^worker-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u);
    assert.notEqual(here.worker().workerId, here.worker().workerId);
  });

  it('starting it so that it blocks until stopped', async (t) => {
    const here = place(t);
    const worker = here.worker();
    const events: string[] = [];
    worker.on('stopped', () => events.push('stopped'));
    worker.once('ready', () => void worker.stop());
    await worker.start();
    assert.deepEqual(events, ['stopped']);
    assert.equal(worker.running, false);
  });

  it('starting it in the background', async (t) => {
    const here = place(t);
    const worker = here.worker();
    const done = worker.start();
    assert.equal(await (await double.submit(here.queue, { n: 2 })).result(), 4);
    assert.equal(worker.running, true);
    await worker.stop();
    await done;
  });

  it('processing one job', async (t) => {
    const here = place(t);
    const worker = here.worker();
    assert.equal(await worker.processOne(), false);
    const first = await double.submit(here.queue, { n: 1 });
    const second = await double.submit(here.queue, { n: 2 });
    assert.equal(await worker.processOne(), true);
    assert.deepEqual([await first.status(), await second.status()], ['completed', 'pending']);
    await broken.submit(here.queue, {}, { priority: 1 });
    assert.equal(await worker.processOne(), true, 'a job that fails is one that was processed');
  });

  it('stopping, by call', async (t) => {
    const here = place(t);
    gate = new Gate();
    const worker = await here.started();
    const running = await wait.submit(here.queue);
    await next(worker, 'started');
    const left = await double.submit(here.queue, { n: 1 });
    const stopped = worker.stop();
    gate.open();
    await stopped;
    assert.deepEqual([await running.status(), await left.status()], ['completed', 'pending']);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stopping, by ${signal}`, async (t) => {
      const here = place(t);
      const effects = new Effects(join(here.folder, 'effects'));
      const worker = await WorkerProcess.start(t, here.database);
      const params = { effects: effects.path, ms: 300 };
      const { id } = await here.queue.submit(new Job({ task: 'last', params }));
      await found(() => effects.lines.length === 1, 'the job to begin');
      worker.signal(signal);
      const { code } = await worker.exit();
      assert.equal(code, 0);
      assert.deepEqual(worker.lines, ['ready', signal, 'stopped']);
      assert.equal((await here.queue.getStatus(id))?.status, 'completed');
    });
  }

  it('closing connections, of one worker', async (t) => {
    const here = place(t);
    const own = new Worker(here.database, { handleSignals: false });
    const started = own.start();
    await next(own, 'ready');
    await own.close();
    await started;
    await assert.rejects(own.processOne(), { code: 'worker_closed' });
    const given = here.worker();
    await given.drain();
    await given.close();
    assert.equal((await here.queue.stats()).total, 0, 'the queue it was given is open');
  });

  it('closing connections, of all', async (t) => {
    const here = place(t);
    const workers = [await here.started(), await here.started()];
    await closeConnections();
    assert.deepEqual(
      workers.map(({ running }) => running),
      [false, false],
    );
    await assert.rejects(here.queue.stats(), { code: 'queue_closed' });
  });

  it('closing connections, of all: handlers may use their queue to the end', async (t) => {
    const here = place(t);
    gate = new Gate();
    const worker = await here.started();
    const using = task('page.using', async () => {
      await gate.passed;
      return (await here.queue.stats()).running;
    });
    const began = next(worker, 'started');
    await using.submit(here.queue);
    await began;
    const completed = next(worker, 'completed');
    const closed = closeConnections();
    gate.open();
    assert.equal((await completed)[0].result, 1);
    await closed;
  });

  it('polling interval', async (t) => {
    const here = place(t);
    const { events } = await startSession(t, mutedStore(here), { pollingInterval: '200ms' });
    await once(events, 'idle');
    const startedAtMs = performance.now();
    await (await double.submit(here.queue, { n: 1 })).result();
    assert.ok(performance.now() - startedAtMs < 2000, 'nothing but the interval told of the job');
  });

  it('concurrency, and the ids of the slots', async (t) => {
    const here = place(t);
    gate = new Gate();
    await here.started({ workerId: 'batch', concurrency: 3 });
    const handles = await wait.submitMany(here.queue, [{}, {}, {}, {}]);
    const running = await found(async () => {
      const jobs = await here.queue.listJobs({ status: 'running' });
      return jobs.length === 3 ? jobs : null;
    }, 'three running jobs');
    const slots = running.map(({ workerId }) => String(workerId)).toSorted();
    assert.deepEqual(slots, ['batch-0', 'batch-1', 'batch-2']);
    gate.open();
    await Promise.all(handles.map((handle) => handle.result()));
  });

  it('the loop: time-outs, claim, run, record, wait', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const seen: string[] = [];
    for (const name of ['started', 'completed', 'timeout'] as const) {
      worker.on(name, ({ task: taskName }) => seen.push(`${name} ${taskName}`));
    }
    const slow = task('slow', { timeout: '50ms', maxAttempts: 1 }, async (_: {}, { signal }) => {
      await once(signal, 'abort');
    });
    const late = await slow.submit(here.queue);
    const after = await double.submit(here.queue, { n: 1 });
    await next(worker, 'idle');
    assert.deepEqual([await late.status(), await after.status()], ['timeout', 'completed']);
    assert.deepEqual(seen, ['started slow', 'timeout slow', 'started double', 'completed double']);
  });

  it('retries up to the maximum', async (t) => {
    const here = place(t);
    const worker = here.worker();
    const { id } = await broken.submit(here.queue, {}, { maxAttempts: 3 });
    assert.equal(await worker.drain(), 3);
    const info = await here.queue.getStatus(id);
    assert.deepEqual([info?.status, info?.attempts, info?.executionCount], ['failed', 3, 3]);
    assert.equal(info?.error?.message, 'it broke');
  });

  it('several workers on one file, in threads, no job claimed twice', async (t) => {
    const here = place(t);
    const effects = await submitMarks(here.queue, here.folder, 200);
    const data = { database: here.database, options: { concurrency: 4 } };
    const file = join(import.meta.dirname, '../fixtures/worker/thread.ts');
    const threads = [1, 2, 3].map(() => new Thread(file, { workerData: data }));
    await Promise.all(threads.map((thread) => once(thread, 'exit')));
    assertEachRanOnce(effects, 200);
    assert.equal((await here.queue.stats()).completed, 200);
  });

  it('several workers on one file, in processes, no job claimed twice', async (t) => {
    const here = place(t);
    const effects = await submitMarks(here.queue, here.folder, 300);
    const options = JSON.stringify({ concurrency: 4 });
    const processes = [1, 2, 3].map(() => WorkerProcess.run(t, 'drain.ts', here.database, options));
    const exits = await Promise.all(processes.map((each) => each.exit()));
    assert.deepEqual(
      exits.map(({ code }) => code),
      [0, 0, 0],
    );
    assertEachRanOnce(effects, 300);
    assert.equal((await here.queue.stats()).completed, 300);
  });

  it('crashes recovered', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const first = await WorkerProcess.start(t, here.database);
    const { id } = await here.queue.submit(
      new Job({ task: 'second-time', params: { effects: effects.path } }),
    );
    await found(() => effects.lines.length === 1, 'the first run');
    first.signal('SIGKILL');
    await first.exit();
    await WorkerProcess.start(t, here.database);
    await here.queue.get(id).result({ timeout: '10s' });
    assert.equal(effects.lines.length, 2);
  });

  it('listing running jobs by worker', async (t) => {
    const here = place(t);
    gate = new Gate();
    await here.started({ workerId: 'left', tasks: [wait], queues: ['left'] });
    await here.started({ workerId: 'right', tasks: [wait], queues: ['right'], concurrency: 2 });
    const [left, right] = [
      await wait.submit(here.queue, {}, { queue: 'left' }),
      await wait.submit(here.queue, {}, { queue: 'right' }),
    ];
    const running = (workerId: string) => here.queue.listJobs({ status: 'running', workerId });
    const ids = async (workerId: string) => (await running(workerId)).map(({ id }) => id);
    await found(
      async () => (await running('left')).length + (await running('right')).length === 2,
      'two jobs',
    );
    assert.deepEqual(await ids('left'), [left.id]);
    assert.deepEqual(await ids('right'), [right.id]);
    assert.deepEqual(await ids('right-0'), [right.id]);
    gate.open();
    await Promise.all([left.result(), right.result()]);
    assert.deepEqual(await ids('left'), []);
  });
});

async function submitMarks(queue: JobQueue, folder: string, count: number): Promise<Effects> {
  const effects = new Effects(join(folder, 'effects'));
  const params = { effects: effects.path };
  await queue.submitMany(Array.from({ length: count }, () => new Job({ task: 'mark', params })));
  return effects;
}

function assertEachRanOnce(effects: Effects, count: number): void {
  const ids = effects.lines.map((line) => line.split(' ')[1]);
  assert.equal(ids.length, count);
  assert.equal(new Set(ids).size, count);
}
