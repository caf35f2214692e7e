// Jobs that another process cancels, whatever they are doing.
import assert from 'node:assert/strict';
import { Job, type JobOptions } from 'gigq';
import type { Arena } from '../arena.ts';

const toldWithinMs = 2000;

async function submit(arena: Arena, id: string, job: JobOptions & { ms: number }): Promise<void> {
  const { ms, ...options } = job;
  arena.recorder.add({ op: 'submit', job: id });
  await arena.queue.submit(new Job({ id, task: 'work', params: { ms }, ...options }));
  arena.recorder.addForGood({ op: 'acked', job: id, outcome: 'ok' });
}

async function cancel(arena: Arena, id: string): Promise<void> {
  assert.equal(await arena.queue.cancel(id), true, id);
  arena.recorder.add({ op: 'cancelled', job: id });
}

/** One job of each state, cancelled; then the worker goes on with others. */
export async function cancelEach(arena: Arena): Promise<void> {
  await arena.worker();
  await submit(arena, 'running', { ms: 60_000 });
  await arena.until(() => arena.lines('began').length === 1, 'the run');
  await submit(arena, 'pending', { ms: 10 });
  await submit(arena, 'scheduled', { ms: 10, delay: '1h' });
  await submit(arena, 'blocked', { ms: 10, dependencies: ['pending'] });
  for (const id of ['blocked', 'scheduled', 'pending', 'running']) await cancel(arena, id);
  await arena.until(() => arena.lines('ended').length === 1, 'the signal');
  const [cancelled, ended] = [arena.lines('cancelled').at(-1), arena.lines('ended')[0]];
  assert.equal(ended?.what, 'cancelled');
  const tookMs = (ended?.mono ?? 0) - (cancelled?.mono ?? 0);
  assert.ok(tookMs < toldWithinMs + arena.slackMs, `it was told after ${tookMs} ms`);
  await submit(arena, 'after', { ms: 10 });
  await arena.allEnded();
  arena.verify();
  const statuses = arena.records.jobs.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array.from({ length: 4 }, () => 'cancelled'), 'completed']);
  assert.equal(arena.lines('began').length, 2, 'only what ran before and after');
}

/** A handler ends before it can hear that its job was cancelled: what it comes with is refused. */
export async function cancelDeaf(arena: Arena): Promise<void> {
  const worker = await arena.worker();
  await submit(arena, 'late', { ms: 1500 });
  await arena.until(() => arena.lines('began').length === 1, 'the run');
  await arena.freezeApart(worker);
  await cancel(arena, 'late');
  // Another job of the same length, in another worker: when it has ended, the time of the frozen one is up too.
  await arena.worker();
  await submit(arena, 'measure', { ms: 2000 });
  await arena.queue.get('measure').result();
  arena.thaw(worker);
  await arena.until(() => arena.lines('ended', worker).length === 1, 'its end');
  await submit(arena, 'after', { ms: 10 });
  await arena.allEnded();
  arena.verify();
  const [late] = arena.records.jobs;
  assert.deepEqual([late?.id, late?.status, late?.number], ['late', 'cancelled', 1]);
}
