// Jobs that end the process that they run in, among jobs that do not.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Job, type Service, type WorkerOptions } from 'gigq';
import type { IsolatedTask } from '../fixtures/worker/isolated.ts';
import { isAlive, ServiceScene } from '../helpers/service.ts';
import { Effects, found, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

const isolated = join(import.meta.dirname, '../fixtures/worker/isolated.ts');

function lineAbout(effects: Effects, id: string): readonly string[] | undefined {
  return effects.lines.findLast((line) => line.split(' ')[1] === id)?.split(' ');
}

describe('a worker that is killed by one of a hundred jobs', () => {
  it('costs that one its budget and the others nothing: they run on side by side', async (t) => {
    const scene = new ServiceScene(t);
    const { queue } = scene.here;
    await scene.supervise({ processes: 1, concurrency: 100 });
    const others = await scene.submit('second-time', 99);
    await found(() => scene.effects.lines.length >= 99, 'them to run');
    const [culprit = ''] = await scene.submit('die', 1);
    await assert.rejects(queue.get(culprit).result({ timeout: '60s' }), /process .* 3 times/u);
    await Promise.all(others.map((id) => queue.get(id).result({ timeout: '60s' })));
    for (const id of others) {
      const info = await queue.getStatus(id);
      const runs = info?.executions.map(({ status }) => status);
      assert.deepEqual([info?.attempts, runs], [1, ['lost', 'completed']]);
    }
    const info = await queue.getStatus(culprit);
    const [first, ...rest] = info?.executions ?? [];
    assert.match(first?.error?.message ?? '', /^Worker .* (?:was ended by SIGKILL|has ended)$/u);
    assert.equal(rest.length, 3);
    assert.ok(
      rest.every(({ error }) => /process \d+ was ended by SIGKILL/u.test(error?.message ?? '')),
    );
    await scene.ready(1);
  });

  it('known as an object only, runs its suspects one at a time, until the culprit is known', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const params = { effects: effects.path };
    const jobs = await here.queue.submitMany([
      ...Array.from({ length: 3 }, () => new Job({ task: 'second-time', params })),
      new Job({ task: 'die', params }),
    ]);
    const culprit = jobs[3] ?? assert.fail();
    const others = jobs.slice(0, 3);
    while (!['failed', 'completed'].includes(await culprit.status())) {
      const worker = await WorkerProcess.start(t, here.database, { concurrency: 4 });
      await Promise.race([worker.exit(), culprit.result().catch(() => undefined)]);
      worker.signal('SIGTERM');
      await worker.exit();
    }
    await assert.rejects(culprit.result(), /process .* 3 times/u);
    await WorkerProcess.start(t, here.database, { concurrency: 4 });
    await Promise.all(others.map((job) => job.result({ timeout: '20s' })));
    for (const { id } of others) assert.equal((await here.queue.getStatus(id))?.attempts, 1);
  });
});

/** Workers that run their handlers in processes of their own, and what these handlers tell. */
function isolatedPlace(t: TestContext) {
  const here = place(t);
  const effects = new Effects(join(here.folder, 'effects'));
  const start = (options: WorkerOptions = {}): Promise<WorkerProcess> =>
    WorkerProcess.start(t, here.database, { tasks: [isolated], ...options });
  const submit = (task: `process.${IsolatedTask}`) =>
    here.queue.submit(new Job({ task, params: { effects: effects.path } }));
  return { ...here, effects, start, submit, endless };

  /** A job whose handler loops for ever, and the process that it does so in. */
  async function endless(): Promise<{ readonly id: string; readonly pid: number }> {
    const { id } = await submit('process.endless');
    const line = await found(() => lineAbout(effects, id), 'the handler');
    return { id, pid: Number(line[2]) };
  }
}

describe('a worker with a handler process', () => {
  it('that is killed leaves no handler behind, not even one that loops for ever', async (t) => {
    const here = isolatedPlace(t);
    const worker = await here.start();
    const { pid } = await here.endless();
    worker.signal('SIGKILL');
    const killedAtMs = performance.now();
    await found(() => !isAlive(pid), 'its end');
    const tookMs = performance.now() - killedAtMs;
    assert.ok(tookMs < 5000, `it took ${tookMs} ms`);
  });

  it('that is killed leaves nothing behind that a handler has started', async (t) => {
    const here = isolatedPlace(t);
    const worker = await here.start();
    await here.submit('process.spawns');
    const pid = Number((await found(() => here.effects.lines[0], 'the grandchild')).split(' ')[1]);
    assert.ok(isAlive(pid));
    worker.signal('SIGKILL');
    await found(() => !isAlive(pid), 'its end');
  });

  it('that is stopped for longer than its lease has none running when others run its job', async (t) => {
    const here = isolatedPlace(t);
    const frozen = await here.start({ leaseDuration: '4s' });
    const { id, pid } = await here.endless();
    frozen.signal('SIGSTOP');
    await here.start({ leaseDuration: '4s' });
    const again = await found(() => {
      const line = lineAbout(here.effects, id);
      return line !== undefined && Number(line[2]) !== pid ? line : null;
    }, 'the second run');
    assert.equal(isAlive(pid), false);
    const second = Number(again[2]);
    frozen.signal('SIGCONT');
    await found(async () => (await here.queue.workers()).length >= 2, 'it to come back');
    const info = await here.queue.getStatus(id);
    assert.deepEqual([info?.status, info?.attempts, isAlive(second)], ['running', 1, true]);
  });

  it('that is ended by a second signal leaves none behind, either', async (t) => {
    const here = isolatedPlace(t);
    const worker = await here.start();
    const { pid } = await here.endless();
    worker.signal('SIGTERM');
    await worker.said('SIGTERM');
    worker.signal('SIGTERM');
    const { signal, afterMs } = await worker.exit();
    assert.deepEqual([signal, afterMs < 1000], ['SIGTERM', true]);
    await found(() => !isAlive(pid), 'its end');
  });
});

/** Resolves once another process works in place of the only one. */
async function replaced(scene: ServiceScene, service: Service, before?: number): Promise<void> {
  await found(() => service.pids.length === 1 && service.pids[0] !== before, 'another process');
  await scene.ready(1);
}

describe('a process of a service in which a handler blocks the event loop', () => {
  it('is replaced once its job is recorded as timed out', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ processes: 1 });
    const [before] = service.pids;
    const { id } = await scene.here.queue.submit(
      new Job({
        task: 'spin',
        params: { effects: scene.effects.path },
        timeout: '200ms',
        maxAttempts: 1,
      }),
    );
    await assert.rejects(scene.here.queue.get(id).result(), /held up the event loop/u);
    await replaced(scene, service, before);
  });

  it('in a thread, by a native call, is replaced too', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({
      processes: 1,
      tasks: [isolated],
      shutdownTimeout: '1s',
    });
    const [before] = service.pids;
    const { id } = await scene.here.queue.submit(
      new Job({ task: 'thread.native', params: { seconds: 60 }, timeout: '200ms', maxAttempts: 1 }),
    );
    await assert.rejects(scene.here.queue.get(id).result(), { code: 'job_failed' });
    await replaced(scene, service, before);
  });
});
