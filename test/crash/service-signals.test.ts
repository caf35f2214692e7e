// Signals to a service, and what its processes do when it is gone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gone, isAlive, ServiceScene, serveProgram, taskModule } from '../helpers/service.ts';
import { found } from '../helpers/worker-place.ts';
import { runProgram } from '../helpers/program.ts';

describe('the first signal to a service', () => {
  it('lets jobs end until the deadline, gives back the rest, and ends it with 0', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.serve({ shutdownTimeout: '1s', concurrency: 2 });
    const short = await scene.run('last', { ms: 300 });
    const long = await scene.run('parent');
    const pids = await scene.ready(2);
    service.signal('SIGTERM');
    const { code, afterMs } = await service.exit();
    assert.deepEqual([code, service.lines.at(-1)], [0, 'done']);
    assert.ok(afterMs < 4000, `it took ${afterMs} ms`);
    const infos = [short, long].map(({ id }) => scene.here.queue.getStatus(id));
    const [ended, givenBack] = await Promise.all(infos);
    assert.deepEqual([ended?.status, givenBack?.status], ['completed', 'pending']);
    assert.equal(givenBack?.attempts, 0);
    assert.deepEqual([...pids, long.childPid].filter(isAlive), []);
  });

  it('sent to every process, as a service manager does, does the same', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.serve({ shutdownTimeout: '500ms' });
    const { id } = await scene.run('obey');
    for (const pid of await scene.ready(2)) process.kill(pid, 'SIGTERM');
    service.signal('SIGTERM');
    assert.equal((await service.exit()).code, 0);
    const info = await scene.here.queue.getStatus(id);
    assert.deepEqual([info?.status, info?.attempts], ['pending', 0]);
  });

  it('while the database cannot be reached ends it with another code than 0', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.serve({ shutdownTimeout: '0ms', processes: 1 });
    await scene.run('ignore');
    await scene.holdLock();
    service.signal('SIGTERM');
    const { code, afterMs } = await service.exit();
    assert.deepEqual([code, service.lines.at(-1)], [1, 'service_failed']);
    assert.ok(afterMs < 10_000, `it took ${afterMs} ms`);
  });
});

describe('the second signal to a service', () => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends it and all its processes within a second: ${name}`, async (t) => {
      const scene = new ServiceScene(t);
      const service = await scene.serve();
      const deaf = await scene.run('spin');
      const pids = await scene.ready(2);
      await scene.holdLock();
      service.signal('SIGTERM');
      await found(() => service.stderr.includes('The service stops'), 'the stop');
      service.signal(name);
      const { signal, afterMs } = await service.exit();
      assert.equal(signal, name);
      await gone(...pids, deaf.childPid);
      assert.ok(afterMs < 1000, `it took ${afterMs} ms`);
    });
  }

  it('ends it also as the first process of a container, which such a signal spares', async (t) => {
    const scene = new ServiceScene(t);
    const options = JSON.stringify({ tasks: [taskModule], processes: 1 });
    const inside = [process.execPath, serveProgram, scene.here.database, options];
    const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const flags = [...asRoot, '--pid', '--fork', '--mount-proc', '--kill-child'];
    const outer = spawn('unshare', [...flags, ...inside], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    outer.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    t.after(() => outer.kill('SIGKILL'));
    await scene.run('ignore');
    const children = `/proc/${outer.pid}/task/${outer.pid}/children`;
    const first = Number(readFileSync(children, 'utf8').trim());
    process.kill(first, 'SIGTERM');
    await found(() => stderr.includes('The service stops'), 'the stop');
    const exit = once(outer, 'exit');
    const fromMs = performance.now();
    process.kill(first, 'SIGTERM');
    assert.deepEqual(await exit, [143, null]);
    assert.ok(performance.now() - fromMs < 1000);
  });
});

describe('the processes of a service that is gone', () => {
  it('give their jobs back and end at once, with what the jobs have started', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.serve();
    const { id, childPid } = await scene.run('parent');
    const pids = await scene.ready(2);
    service.signal('SIGKILL');
    const tookMs = await gone(...pids, childPid);
    assert.ok(tookMs < 2000, `it took ${tookMs} ms`);
    const info = await scene.here.queue.getStatus(id);
    assert.deepEqual([info?.status, info?.attempts], ['pending', 0]);
  });

  it('end within 5 s also while their event loop is blocked', async (t) => {
    const scene = new ServiceScene(t);
    const service = await scene.serve({ processes: 1 });
    const { pid, childPid } = await scene.run('spin');
    service.signal('SIGKILL');
    const tookMs = await gone(pid, childPid);
    assert.ok(tookMs < 5000, `it took ${tookMs} ms`);
  });
});

describe('a service in a program of its own', () => {
  it('is closed with everything else', async (t) => {
    const { here } = new ServiceScene(t);
    const program = `
      const options = ${JSON.stringify({ tasks: [taskModule], processes: 1 })};
      const service = gigq.supervise(${JSON.stringify(here.database)}, options);
      await gigq.closeConnections();
      await service.done;
      console.log(service.pids.length, process.listenerCount('SIGTERM'));`;
    const { code, stdout, stderr } = await runProgram(program, { folder: here.folder });
    assert.deepEqual([code, stdout], [0, '0 0\n'], stderr);
  });

  it('that fails unheard ends the program', async (t) => {
    const { here } = new ServiceScene(t);
    const options = JSON.stringify({ tasks: ['nothing.ts'], processes: 1 });
    const program = `gigq.supervise(${JSON.stringify(here.database)}, ${options});`;
    const { code, stderr } = await runProgram(program, { folder: here.folder });
    assert.equal(code, 1);
    assert.match(stderr, /There is no file .*nothing\.ts/u);
  });
});
