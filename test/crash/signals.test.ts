// SIGINT and SIGTERM, the first and the second, on real processes.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Job } from 'gigq';
import { Effects, found, place, type Place } from '../helpers/worker-place.ts';
import { holdLock } from '../helpers/held-lock.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

interface Scene {
  readonly here: Place;
  readonly effects: Effects;
  /** Submits a job of that task, and waits until it runs. */
  run(task: string, ms?: number): Promise<string>;
}

function scene(t: TestContext): Scene {
  const here = place(t);
  const effects = new Effects(join(here.folder, 'effects'));
  const run = async (task: string, ms = 0): Promise<string> => {
    const { id } = await here.queue.submit(
      new Job({ task, params: { effects: effects.path, ms } }),
    );
    await found(
      () => effects.lines.includes(`began ${id} ${pidOf(effects, id)}`),
      'the job to begin',
    );
    return id;
  };
  return { here, effects, run };
}

function pidOf(effects: Effects, id: string): string | undefined {
  return effects.lines.find((line) => line.includes(id))?.split(' ')[2];
}

describe('the first signal', { concurrency: true }, () => {
  it('lets jobs end until the deadline, gives back the rest after the grace, and exits with 0', async (t) => {
    const { here, run } = scene(t);
    const worker = await WorkerProcess.start(t, here.database, {
      concurrency: 3,
      shutdownTimeout: '2s',
    });
    const short = await run('last', 1000);
    const long = await run('obey');
    const deaf = await run('ignore');
    worker.signal('SIGTERM');
    await worker.said('SIGTERM');
    const left = await here.queue.submit(new Job({ task: 'instant' }));
    const { code, afterMs } = await worker.exit();
    assert.equal(code, 0);
    assert.ok(afterMs > 5500 && afterMs < 8500, `it took ${afterMs} ms`);
    const statuses = [short, long, deaf, left.id].map(
      async (id) => (await here.queue.getStatus(id))?.status,
    );
    assert.deepEqual(await Promise.all(statuses), ['completed', 'pending', 'pending', 'pending']);
    for (const id of [long, deaf]) assert.equal((await here.queue.getStatus(id))?.attempts, 0);
    assert.deepEqual(await here.queue.workers(), []);
  });

  it('while the database cannot be reached ends the process with another code than 0', async (t) => {
    const { here, run } = scene(t);
    const worker = await WorkerProcess.start(t, here.database, { shutdownTimeout: '1s' });
    await run('ignore');
    t.after(await holdLock(here.database));
    worker.signal('SIGTERM');
    const { code, afterMs } = await worker.exit();
    assert.equal(code, 1);
    assert.match(worker.stderr, /database_busy/u);
    assert.ok(afterMs < 9000, `it took ${afterMs} ms`);
  });

  it('does not stop the heartbeats before the last job has ended', async (t) => {
    const { here, run } = scene(t);
    const lease = { leaseDuration: '1s' } as const;
    const worker = await WorkerProcess.start(t, here.database, lease);
    await WorkerProcess.start(t, here.database, { ...lease, queues: ['elsewhere'] });
    const id = await run('last', 4000);
    worker.signal('SIGTERM');
    await worker.exit();
    const info = await here.queue.getStatus(id);
    assert.deepEqual([info?.status, info?.executionCount], ['completed', 1]);
  });

  it('stops several workers of one process', async (t) => {
    const { here } = scene(t);
    const pair = WorkerProcess.run(t, 'two-workers.ts', here.database);
    await pair.said('ready');
    pair.signal('SIGTERM');
    const { code } = await pair.exit();
    assert.deepEqual([code, pair.lines.at(-1)], [0, 'no listeners left']);
  });
});

describe('the second signal', { concurrency: true }, () => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends the process by itself within a second: ${name}`, async (t) => {
      const { here, run } = scene(t);
      const worker = await WorkerProcess.start(t, here.database);
      await run('ignore');
      worker.signal('SIGTERM');
      await worker.said('SIGTERM');
      worker.signal(name);
      const { signal, afterMs } = await worker.exit();
      assert.equal(signal, name);
      assert.ok(afterMs < 1000, `it took ${afterMs} ms`);
    });
  }

  it('does so while another process holds the write lock', async (t) => {
    const { here, run } = scene(t);
    const worker = await WorkerProcess.start(t, here.database);
    await run('ignore');
    t.after(await holdLock(here.database));
    worker.signal('SIGINT');
    await worker.said('SIGINT');
    worker.signal('SIGINT');
    const { signal, afterMs } = await worker.exit();
    assert.equal(signal, 'SIGINT');
    assert.ok(afterMs < 1000, `it took ${afterMs} ms`);
  });
});
