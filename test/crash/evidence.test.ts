// What shows that a process is gone, on real processes.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { isGone } from '../../dist/worker/evidence.js';
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
    assert.equal(isGone(workerIn(pid)), false);
    assert.equal(isGone(self), false);
  });

  it('is not gone while it is frozen', (t) => {
    const child = run(t, 'sleep', '100');
    child.kill('SIGSTOP');
    assert.equal(isGone(workerIn(child.pid ?? 0)), false);
  });

  it('is gone when it has ended', async (t) => {
    const child = run(t, 'sleep', '100');
    const worker = workerIn(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(isGone(worker), true);
  });

  it('is gone when nobody has asked how it ended: a zombie', async (t) => {
    const parent = run(t, 'sh', '-c', 'sleep 100 & echo $!; exec sleep 100');
    const [text] = (await once(parent.stdout ?? assert.fail(), 'data')) as [Buffer];
    const pid = Number(text);
    const worker = workerIn(pid);
    assert.equal(isGone(worker), false);
    process.kill(pid, 'SIGKILL');
    await found(() => processState(pid)?.state === 'Z', 'the zombie');
    assert.equal(isGone(worker), true);
  });

  it('is gone when its number is that of a process that started at another time', (t) => {
    const { pid = 0 } = run(t, 'sleep', '100');
    assert.equal(isGone({ ...workerIn(pid), pidStart: '1' }), true);
  });

  it('is gone when its host was booted again', () => {
    assert.equal(isGone({ ...self, bootId: 'another' }), true);
  });

  it('cannot be judged from another host, another pid namespace, or a system that does not tell', () => {
    const ended = { ...self, pid: 2 ** 22 + 1 };
    assert.equal(isGone(ended), true);
    assert.equal(isGone({ ...ended, bootId: 'another', host: 'elsewhere' }), false);
    assert.equal(isGone({ ...ended, pidNamespace: 'pid:[1]' }), false);
    assert.equal(isGone({ ...ended, pidNamespace: null }), false);
    assert.equal(isGone({ ...ended, bootId: null }), false);
    assert.equal(isGone(ended, { ...self, bootId: null }), false);
  });
});
