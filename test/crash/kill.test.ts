// Workers that die without a word.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Job } from 'gigq';
import { Effects, found, place, type Place } from '../helpers/worker-place.ts';
import { onEachStore } from '../helpers/each-store.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

function effectsIn(here: Place): Effects {
  return new Effects(join(here.folder, 'effects'));
}

describe('SIGKILL of a worker', () => {
  it('lets its jobs run again within 6 s, on the worker that is left, at the cost of no attempt', async (t) => {
    const here = place(t);
    const effects = effectsIn(here);
    const [first, second] = await Promise.all([
      WorkerProcess.start(t, here.database, { workerId: 'first', queues: ['first'] }),
      WorkerProcess.start(t, here.database, { workerId: 'second', concurrency: 4 }),
    ]);
    const params = { effects: effects.path };
    const { id } = await here.queue.submit(
      new Job({ task: 'second-time', params, queue: 'first' }),
    );
    const [pid] = await found(() => pidsOf(effects), 'the first run');
    const victim = [first, second].find((worker) => worker.pid === pid) ?? assert.fail();
    victim.signal('SIGKILL');
    const killedAtMs = performance.now();
    if (victim === second) await WorkerProcess.start(t, here.database);
    await found(() => effects.lines.length === 2, 'the second run');
    const tookMs = performance.now() - killedAtMs;
    assert.ok(tookMs < 6000, `it took ${tookMs} ms`);
    await here.queue.get(id).result();
    const info = await here.queue.getStatus(id);
    assert.deepEqual(
      [info?.attempts, info?.executions.map(({ status }) => status)],
      [1, ['lost', 'completed']],
    );
  });

  it('leaves nothing that a restart has to repair: the next worker runs its jobs at once', async (t) => {
    const here = place(t);
    const effects = effectsIn(here);
    const worker = await WorkerProcess.start(t, here.database, { concurrency: 8 });
    const params = { effects: effects.path };
    await here.queue.submitMany(
      Array.from({ length: 8 }, () => new Job({ task: 'second-time', params })),
    );
    await found(() => effects.lines.length === 8, 'eight runs');
    worker.signal('SIGKILL');
    await worker.exit();
    const startedAtMs = performance.now();
    await WorkerProcess.start(t, here.database, { concurrency: 8 });
    await found(async () => (await here.queue.stats()).completed === 8, 'their completion');
    assert.ok(performance.now() - startedAtMs < 4000);
    const [lost, ...others] = await here.queue.workers();
    assert.deepEqual(
      [lost?.state === 'lost' || others[0]?.state === 'lost', others.length],
      [true, 1],
    );
  });

  onEachStore(
    'again and again, of many workers at work, loses no job and records none twice',
    async (t, database) => {
      const here = place(t, database);
      const effects = effectsIn(here);
      const params = { effects: effects.path, ms: 20 };
      const handles = await here.queue.submitMany(
        Array.from({ length: 80 }, () => new Job({ task: 'last', params })),
      );
      for (let round = 1; round <= 2; round++) {
        const workers = await Promise.all(
          [1, 2].map(() => WorkerProcess.start(t, here.database, { concurrency: 4 })),
        );
        await found(() => effects.lines.length >= round * 25, 'some work');
        for (const worker of workers) worker.signal('SIGKILL');
        await Promise.all(workers.map((worker) => worker.exit()));
      }
      await WorkerProcess.start(t, here.database, { concurrency: 8 });
      await Promise.all(handles.map((handle) => handle.result({ timeout: '20s' })));
      for (const { id } of handles) {
        const info = await here.queue.getStatus(id);
        const completed = info?.executions.filter(({ status }) => status === 'completed');
        assert.deepEqual([info?.attempts, completed?.length], [1, 1]);
        assert.deepEqual(
          info?.executions.map(({ number }) => number),
          range(info?.executionCount ?? 0),
        );
      }
    },
  );
});

function pidsOf(effects: Effects): readonly number[] | null {
  const pids = effects.lines.map((line) => Number(line.split(' ')[2]));
  return pids.length > 0 ? pids : null;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
