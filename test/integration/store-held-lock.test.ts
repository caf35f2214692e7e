// Another process holds the write lock for ten seconds, in real time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openStore } from '../../dist/store/open.js';
import type { StoreHandle } from '../../dist/store/store-handle.js';
import { Child, pause } from '../helpers/store-process.ts';
import { newJob } from '../helpers/store-seam.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

/** Measures how late the event loop is (p99, ms), and beside it that of a thread that does nothing. */
function measureDelay(scope: TestContext): () => Promise<{ mine: number; control: number }> {
  const control = new Worker(new URL('../helpers/store-control-thread.ts', import.meta.url));
  scope.after(() => control.terminate());
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  return async () => {
    delay.disable();
    control.postMessage('tell');
    const [controlMs]: number[] = await once(control, 'message');
    return { mine: delay.percentile(99) / 1e6, control: controlMs ?? 0 };
  };
}

/** Reads every few milliseconds until something has happened; how long the slowest read took. */
async function readUntil(handle: StoreHandle, happened: Promise<unknown>): Promise<number> {
  const isOver = { value: false };
  void happened.finally(() => {
    isOver.value = true;
  });
  let slowest = 0;
  while (!isOver.value) {
    const asked = performance.now();
    assert.notEqual(await handle.call('get', 'before'), null);
    slowest = Math.max(slowest, performance.now() - asked);
    await pause(5);
  }
  return slowest;
}

async function timed(call: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await call;
  return performance.now() - began;
}

test('a lock held for ten seconds stops neither the event loop nor reads, and calls keep their deadlines', async (scope) => {
  const path = join(temporaryFolder(), 'jobs.db');
  const handle = openStore(path, { initialize: true, inPlace: false });
  const reader = handle.sibling();
  scope.after(() => Promise.all([handle.close(), reader.close()]));
  await handle.call('enqueue', [newJob('before')]);
  const child = new Child(scope, 'holdLock', { path, holdMs: 10_000 });
  assert.equal(await child.next(), 'locked');

  const delay = measureDelay(scope);
  const long = handle.call('enqueue', [newJob('long')]);
  const short = handle.call('enqueue', [newJob('short')], { waitMs: 2000 });
  const refused = assert.rejects(short, { code: 'database_busy' });
  const times = Promise.all([timed(refused), timed(long), readUntil(reader, long)]);
  const [shortMs, longMs, slowestReadMs] = await times;
  const { mine, control } = await delay();
  scope.diagnostic(`event loop p99 ${mine.toFixed(1)} ms, idle thread ${control.toFixed(1)} ms`);
  assert.ok(mine < Math.max(20, 1.5 * control), `the event loop was late by ${mine} ms (p99)`);
  assert.ok(shortMs >= 1990 && shortMs < 3000, `the short call was refused after ${shortMs} ms`);
  assert.ok(longMs >= 9000 && longMs < 13_000, `the long call was done after ${longMs} ms`);
  assert.ok(slowestReadMs < 1000, `the slowest read took ${slowestReadMs} ms`);
  assert.deepEqual([await long, await handle.call('get', 'short')], [['stored'], null]);
});
