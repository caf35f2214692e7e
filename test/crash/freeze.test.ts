// Workers that are frozen: SIGSTOP, and SIGCONT some time later.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Job } from 'gigq';
import { pause } from '../helpers/pauses.ts';
import { Effects, found, place } from '../helpers/worker-place.ts';
import { onEachStore } from '../helpers/each-store.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

const lease = { leaseDuration: '2s' } as const;

describe('SIGSTOP of a worker', { concurrency: true }, () => {
  onEachStore(
    'for longer than its lease gives its jobs to another; awake again it changes nothing and goes on',
    async (t, database) => {
      const here = place(t, database);
      const effects = new Effects(join(here.folder, 'effects'));
      const zombie = await WorkerProcess.start(t, here.database, { ...lease, workerId: 'zombie' });
      const params = { effects: effects.path, ms: 1000 };
      const { id } = await here.queue.submit(new Job({ task: 'last', params }));
      await found(() => effects.lines.length === 1, 'the first run');
      await zombie.freeze(here.database);
      await WorkerProcess.start(t, here.database, { ...lease, workerId: 'other' });
      const frozenAtMs = performance.now();
      await found(() => effects.lines.length === 2, 'the second run');
      assert.ok(performance.now() - frozenAtMs < 8000);
      await here.queue.get(id).result();
      zombie.signal('SIGCONT');
      await zombie.said(`lost ${id}`);
      const info = await here.queue.getStatus(id);
      const executions = info?.executions.map(({ workerId, status }) => [workerId, status]);
      assert.deepEqual(executions, [
        ['zombie', 'lost'],
        ['other', 'completed'],
      ]);
      await found(
        async () => isActive(await here.queue.workers(), 'zombie'),
        'it to register again',
      );
    },
  );

  it('for less than its lease is not noticed', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const options = { leaseDuration: '8s' } as const;
    const worker = await WorkerProcess.start(t, here.database, options);
    await WorkerProcess.start(t, here.database, { ...options, queues: ['elsewhere'] });
    const params = { effects: effects.path, ms: 2500 };
    const { id } = await here.queue.submit(new Job({ task: 'last', params }));
    await found(() => effects.lines.length === 1, 'the run');
    await worker.freeze(here.database);
    await pause(2000);
    worker.signal('SIGCONT');
    await here.queue.get(id).result();
    const info = await here.queue.getStatus(id);
    assert.deepEqual([info?.executionCount, info?.attempts], [1, 1]);
  });

  it('of all workers at once makes nobody hold anybody for dead', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const workers = await Promise.all(
      [1, 2, 3].map(() => WorkerProcess.start(t, here.database, lease)),
    );
    const params = { effects: effects.path, ms: 6000 };
    const handles = await here.queue.submitMany(
      [1, 2, 3].map(() => new Job({ task: 'last', params })),
    );
    await found(() => effects.lines.length === 3, 'three runs');
    for (const worker of workers) worker.signal('SIGSTOP');
    await pause(4000);
    for (const worker of workers) worker.signal('SIGCONT');
    await Promise.all(handles.map((handle) => handle.result()));
    for (const { id } of handles) assert.equal((await here.queue.getStatus(id))?.executionCount, 1);
  });
});

function isActive(
  workers: readonly { readonly id: string; readonly state: string }[],
  label: string,
): boolean {
  return workers.some(({ id, state }) => id === label && state === 'active');
}
