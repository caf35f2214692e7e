// Many workers on one file, in threads and in processes, at the same time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Worker as Thread } from 'node:worker_threads';
import { Job } from 'gigq';
import { Effects, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

const count = 600;

describe('processes and threads on one file', () => {
  it('run every job once', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const params = { effects: effects.path };
    await here.queue.submitMany(
      Array.from({ length: count }, () => new Job({ task: 'mark', params })),
    );
    const options = { concurrency: 3 };
    const file = join(import.meta.dirname, '../fixtures/worker/thread.ts');
    const workerData = { database: here.database, options };
    const threads = [1, 2, 3].map(() => new Thread(file, { workerData }));
    const processes = [1, 2, 3].map(() =>
      WorkerProcess.run(t, 'drain.ts', here.database, JSON.stringify(options)),
    );
    await Promise.all([
      ...threads.map((thread) => once(thread, 'exit')),
      ...processes.map((each) => each.exit()),
    ]);
    const ids = effects.lines.map((line) => line.split(' ')[1]);
    assert.deepEqual([ids.length, new Set(ids).size], [count, count]);
    const stats = await here.queue.stats();
    assert.deepEqual([stats.completed, stats.total], [count, count]);
    const pids = new Set(effects.lines.map((line) => line.split(' ')[2]));
    assert.ok(pids.size > 1, 'the work was shared');
  });
});
