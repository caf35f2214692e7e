// What shows that a process is gone, on real processes.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { goneBy } from '../../dist/worker/evidence.js';
import { processIdentity, processState } from '../../dist/worker/identity.js';
import { found } from '../helpers/worker-place.ts';

const self = processIdentity();

function run(t: TestContext, command: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function workerIn(pid: number): typeof self {
  return { ...self, pid, pidStart: processState(pid)?.start ?? null };
}

describe('the process of a worker', () => {
  it('is not gone while it runs, this one included', (t) => {
    const { pid = 0 } = run(t, 'sleep', '100');
    assert.equal(goneBy(workerIn(pid)), null);
    assert.equal(goneBy(self), null);
  });

  it('is not gone while it is frozen', (t) => {
    const child = run(t, 'sleep', '100');
    child.kill('SIGSTOP');
    assert.equal(goneBy(workerIn(child.pid ?? 0)), null);
  });

  it('is gone when it has ended', async (t) => {
    const child = run(t, 'sleep', '100');
    const worker = workerIn(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(goneBy(worker), 'process');
  });

  it('is gone when nobody has asked how it ended: a zombie', async (t) => {
    const parent = run(t, 'sh', '-c', 'sleep 100 & echo $!; exec sleep 100');
    const [text] = (await once(parent.stdout ?? assert.fail(), 'data')) as [Buffer];
    const pid = Number(text);
    const worker = workerIn(pid);
    assert.equal(goneBy(worker), null);
    process.kill(pid, 'SIGKILL');
    await found(() => processState(pid)?.state === 'Z', 'the zombie');
    assert.equal(goneBy(worker), 'process');
  });

  it('is gone when its number is that of a process that started at another time', (t) => {
    const { pid = 0 } = run(t, 'sleep', '100');
    assert.equal(goneBy({ ...workerIn(pid), pidStart: '1' }), 'process');
  });

  it('is gone when its host was booted again', () => {
    assert.equal(goneBy({ ...self, bootId: 'another' }), 'boot');
  });

  it('cannot be judged from another host, another pid namespace, or a system that does not tell', () => {
    const ended = { ...self, pid: 2 ** 22 + 1 };
    assert.equal(goneBy(ended), 'process');
    assert.equal(goneBy({ ...ended, bootId: 'another', host: 'elsewhere' }), null);
    assert.equal(goneBy({ ...ended, pidNamespace: 'pid:[1]' }), null);
    assert.equal(goneBy({ ...ended, pidNamespace: null }), null);
    assert.equal(goneBy({ ...ended, bootId: null }), null);
    assert.equal(goneBy(ended, { ...self, bootId: null }), null);
  });
});
