// A handler on the event loop that blocks it for good: in a process of its own, so that the test's own loop goes on.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Job } from 'gigq';
import { Effects, found, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

describe('a handler that blocks the event loop beyond its time-out and grace', () => {
  it('is recorded as timed out; its neighbours run elsewhere, at no cost', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const params = { effects: effects.path };
    const blocked = await WorkerProcess.start(t, here.database, {
      concurrency: 3,
      queues: ['one'],
    });
    const neighbours = await here.queue.submitMany(
      [1, 2].map(() => new Job({ task: 'second-time', params, queue: 'one' })),
    );
    await found(() => effects.lines.length === 2, 'the neighbours');
    const job = await here.queue.submit(
      new Job({ task: 'block', params, queue: 'one', timeout: '300ms', maxAttempts: 1 }),
    );
    await found(() => effects.lines.length === 3, 'the block');
    await WorkerProcess.start(t, here.database, { concurrency: 3, queues: ['one'] });
    await assert.rejects(job.result({ timeout: '15s' }), /held up the event loop/u);
    for (const neighbour of neighbours) await neighbour.result({ timeout: '5s' });
    for (const { id } of neighbours) {
      const info = await here.queue.getStatus(id);
      const runs = info?.executions.map(({ status }) => status);
      assert.deepEqual([info?.attempts, runs], [1, ['released', 'completed']]);
    }
    const workers = await here.queue.workers();
    assert.ok(!workers.some(({ pid, state }) => pid === blocked.pid && state !== 'lost'));
  });
});
