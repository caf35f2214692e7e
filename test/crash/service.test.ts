// A service whose worker processes die, are killed, and are stopped.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GigqError } from 'gigq';
import { gone, isAlive, ServiceScene } from '../helpers/service.ts';

describe('a process of a service that dies', () => {
  it('is replaced, and its job can be claimed within 1 s, with the signal in its record', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ processes: 2, workerId: 'w' });
    const { id, pid } = await scene.run('second-time');
    assert.ok(service.pids.includes(pid));
    process.kill(pid, 'SIGKILL');
    const killedAtMs = Date.now();
    await scene.here.queue.get(id).result();
    const info = await scene.here.queue.getStatus(id);
    // From then on any worker could claim it.
    const takenAtMs = info?.executions[0]?.completedAt?.getTime() ?? Infinity;
    assert.ok(takenAtMs - killedAtMs < 1000, `it took ${takenAtMs - killedAtMs} ms`);
    assert.deepEqual([info?.attempts, info?.executions.length], [1, 2]);
    const message = info?.executions[0]?.error?.message ?? '';
    assert.match(
      message,
      new RegExp(`^Worker w\\.[01] is gone: its process ${pid} was ended by SIGKILL$`, 'u'),
    );
    await scene.ready(2);
    assert.deepEqual([service.pids.length, service.pids.includes(pid)], [2, false]);
    const workers = await scene.here.queue.workers();
    const labels = workers.filter(({ state }) => state === 'active').map((worker) => worker.id);
    assert.deepEqual(labels.toSorted(), ['w.0', 'w.1']);
  });

  it('of its jobs never ends the service: they fail after three crashes, others complete', async (t) => {
    const scene = new ServiceScene(t);
    await scene.supervise();
    const bad = [
      ...(await scene.submit('die', 2)),
      ...(await scene.submit('exit', 1, { code: 0 })),
    ];
    const good = await scene.submit('instant', 20);
    const { queue } = scene.here;
    await Promise.all(good.map((id) => queue.get(id).result({ timeout: '20s' })));
    for (const id of bad) {
      await assert.rejects(queue.get(id).result({ timeout: '20s' }), /3 times/u);
      const { status, executions = [] } = (await queue.getStatus(id)) ?? {};
      // A worker that is not quick enough to take what it is offered gives it back unrun, which costs nothing.
      const ran = executions.filter((each) => each.status !== 'released');
      assert.deepEqual(
        [status, ran.map((each) => each.status)],
        ['failed', ['lost', 'lost', 'lost']],
      );
    }
    await scene.ready(2);
  });

  it('by a signal that asks it to end is replaced, too', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise();
    const [first = 0] = service.pids;
    process.kill(first, 'SIGTERM');
    process.kill(first, 'SIGTERM');
    await gone(first);
    await scene.ready(2);
    assert.equal(service.pids.includes(first), false);
  });

  it('takes what its jobs have started along', async (t) => {
    const scene = new ServiceScene(t);
    await scene.supervise();
    const { pid, childPid } = await scene.run('parent');
    process.kill(pid, 'SIGKILL');
    assert.ok((await gone(childPid)) < 1000);
  });
});

describe('a process of a service that speaks for itself', () => {
  it('is not misunderstood', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ processes: 1 });
    const { pids } = service;
    const [id = ''] = await scene.submit('speak', 1);
    await scene.here.queue.get(id).result({ timeout: '20s' });
    await scene.here.queue.get((await scene.submit('instant', 1))[0] ?? '').result();
    assert.deepEqual(service.pids, pids);
  });

  it('and does not listen any more is replaced', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ processes: 1 });
    const { pid } = await scene.run('hang-up');
    assert.ok((await gone(pid)) < 5500);
    await scene.ready(1);
    assert.equal(service.pids.length, 1);
  });
});

describe('a rolling restart', () => {
  it('under load, process by process, costs no job an attempt', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ concurrency: 4, shutdownTimeout: '100ms' });
    const ids = await scene.submit('last', 200, { ms: 30 });
    const first = service.pids;
    for (const pid of first) {
      process.kill(pid, 'SIGTERM');
      await gone(pid);
      await scene.ready(2);
    }
    const { queue } = scene.here;
    await Promise.all(ids.map((id) => queue.get(id).result({ timeout: '20s' })));
    const infos = await Promise.all(ids.map((id) => queue.getStatus(id)));
    assert.deepEqual([...new Set(infos.map((info) => info?.attempts))], [1]);
    assert.equal(
      service.pids.some((pid) => first.includes(pid)),
      false,
    );
  });
});

describe('a service that cannot start its workers', () => {
  it('gives up after five times, and says what a module throws', async (t) => {
    const scene = new ServiceScene(t);
    const bad = scene.here.file('bad.mjs', "throw new RangeError('no such planet');");
    const fromMs = performance.now();
    const service = scene.begin({ tasks: [bad], processes: 2 });
    const error = await service.done.then(
      () => assert.fail('it did not fail'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof GigqError && error.code === 'service_failed');
    assert.match(error.message, /^5 times in a row .* exited with code 1: .*no such planet$/u);
    assert.ok(error.cause instanceof GigqError && error.cause.code === 'invalid_option');
    assert.ok(performance.now() - fromMs < 20_000);
    assert.deepEqual(service.pids, []);
    await service.stop();
  });

  it('can be stopped while they load', async (t) => {
    const scene = new ServiceScene(t);
    const slow = scene.here.file(
      'slow.mjs',
      'setInterval(() => {}, 1000); await new Promise(() => {});',
    );
    const service = scene.begin({ tasks: [slow], processes: 1 });
    const fromMs = performance.now();
    await service.stop({ timeout: '0ms' });
    await service.done;
    assert.ok(performance.now() - fromMs < 4000);
  });
});

describe('stopping a service', { concurrency: true }, () => {
  it('gives back what does not end, at the cost of no attempt', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ processes: 2, concurrency: 2 });
    const short = await scene.run('last', { ms: 300 });
    const long = await scene.run('obey');
    const { pids } = service;
    await service.stop({ timeout: '1s' });
    await service.done;
    assert.deepEqual([service.pids, pids.filter(isAlive)], [[], []]);
    const infos = [short, long].map(({ id }) => scene.here.queue.getStatus(id));
    const [ended, givenBack] = await Promise.all(infos);
    assert.deepEqual([ended?.status, ended?.attempts], ['completed', 1]);
    assert.deepEqual([givenBack?.status, givenBack?.attempts], ['pending', 0]);
    assert.deepEqual(await scene.here.queue.workers(), []);
  });

  it('kills a process that does not end, and gives back its job', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.supervise({ processes: 1 });
    const { id, pid, childPid } = await scene.run('spin');
    const fromMs = performance.now();
    await service.stop({ timeout: '0ms' });
    const tookMs = performance.now() - fromMs;
    assert.ok(tookMs < 9500, `it took ${tookMs} ms`);
    assert.deepEqual([pid, childPid].filter(isAlive), []);
    const info = await scene.here.queue.getStatus(id);
    assert.notEqual(info?.status, 'running');
    assert.deepEqual(
      info?.executions.filter(({ status }) => status === 'failed'),
      [],
    );
    await service.done;
  });
});
