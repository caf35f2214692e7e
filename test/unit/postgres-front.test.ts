// How a worker looks through what stands before its place, while that takes long: a stretch at a time, and all of it in the end.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Front } from '../../dist/store/postgres/front.js';
import { FakeClock } from '../helpers/store-clock.ts';

const place = 100_001;

describe('a place that slow looks have led to', () => {
  let clock: FakeClock;
  let front: Front;

  beforeEach(async () => {
    clock = new FakeClock();
    front = new Front(clock);
    for (let n = 0; n < 10; n += 1) await looked({ from: 0, tookMs: 20 });
  });

  async function looked({ from, tookMs }: { from: number; tookMs: number }): Promise<void> {
    const sinceMs = front.now;
    await clock.advance(tookMs);
    front.looked([{ seq: place, priority: 0 }], { from, sinceMs, lastSeq: null });
  }

  /** The next stretch, looked through in so long; what it began and ended with. */
  async function lookThrough(
    tookMs: number,
    found: number | null = null,
  ): Promise<[number, number]> {
    const { stretch, now } = front;
    await clock.advance(tookMs);
    front.checked(found, stretch, now);
    return [stretch.since, stretch.until];
  }

  test('is looked before from one end to the other at first', async () => {
    assert.deepEqual(await lookThrough(10), [0, place]);
  });

  test('is looked before in stretches of some 25 ms where that takes long, which cover it all, and begin again', async () => {
    await lookThrough(1000);
    const stretches: [number, number][] = [];
    do stretches.push(await lookThrough(25));
    while (front.stretch.since > 0);
    assert.equal(stretches.length, 40);
    assert.equal(stretches[0]?.[0], 0);
    assert.equal(stretches.at(-1)?.[1], place);
    for (const [n, [since]] of stretches.slice(1).entries()) assert.equal(since, stretches[n]?.[1]);
  });

  test('is looked before in longer stretches once those take no time', async () => {
    await lookThrough(1000);
    const [since, until] = await lookThrough(1);
    const [, next] = await lookThrough(1);
    assert.equal(next - until, 2 * (until - since));
  });

  test('is looked before for a sixteenth of the time while there are jobs enough, four times a second at most', async () => {
    await lookThrough(100);
    await clock.advance(1499);
    assert.equal(front.isDue, false);
    await clock.advance(1);
    assert.equal(front.isDue, true);
    await lookThrough(5);
    await clock.advance(249);
    assert.equal(front.isDue, false);
    await clock.advance(1);
    assert.equal(front.isDue, true);
  });

  test('is looked before for a quarter of the time while there are too few jobs, until all of it was', async () => {
    await lookThrough(1000);
    await looked({ from: place, tookMs: 1 });
    await clock.advance(3000);
    const pauses: (number | null)[] = [];
    do {
      await lookThrough(25);
      pauses.push(front.dueMs);
      await clock.advance(front.dueMs ?? 0);
    } while (front.stretch.since > 0);
    assert.deepEqual(new Set(pauses.slice(0, -1)), new Set([75]));
    assert.equal(pauses.at(-1), 375);
  });

  test('is looked just before at any time, and before from end to end if that is quick', async () => {
    await lookThrough(10);
    assert.deepEqual([front.near, front.dueMs], [{ since: 0, until: place }, null]);
    await lookThrough(1000);
    assert.deepEqual(front.near, { since: place - 2000, until: place });
  });

  test('is there after one look that was very slow, and is looked before in stretches from the first one on', async () => {
    front = new Front(clock);
    await looked({ from: 0, tookMs: 499 });
    assert.equal(front.from, 0);
    await looked({ from: 0, tookMs: 1000 });
    assert.deepEqual([front.from, front.stretch], [place, { since: 0, until: 2501 }]);
  });

  test('is looked before from its start again once it has moved back before where that was', async () => {
    await lookThrough(1000);
    for (let n = 0; n < 20; n += 1) await lookThrough(25);
    front.lower(5000);
    assert.deepEqual(front.stretch, { since: 0, until: 2501 });
  });

  test('is still looked before once it has moved back to where the next stretch begins', async () => {
    await lookThrough(1000);
    const [, until] = await lookThrough(25);
    front.lower(until);
    for (let n = 0; n < 3; n += 1) await lookThrough(30);
    assert.ok(front.stretch.until > front.stretch.since);
  });

  test('moves behind the last job once there is nobody from there on', () => {
    front.looked([], { from: place, sinceMs: front.now, lastSeq: null });
    assert.equal(front.from, place);
    front.looked([], { from: place, sinceMs: front.now, lastSeq: place + 500 });
    assert.equal(front.from, place + 501);
  });

  test('is found by who finds nobody as well', async () => {
    front = new Front(clock);
    const { now: sinceMs } = front;
    await clock.advance(1000);
    front.looked([], { from: 0, sinceMs, lastSeq: 700 });
    assert.deepEqual([front.from, front.level], [701, 0]);
  });

  test('moves back to whoever stands before it', async () => {
    await lookThrough(10, 17);
    assert.equal(front.from, 17);
  });

  test('is given up once a look through all that stands before it takes no time', async () => {
    await lookThrough(1);
    assert.equal(front.from, 0);
  });

  test('is kept while a look through a stretch of it takes no time', async () => {
    await lookThrough(1000);
    await lookThrough(1);
    assert.equal(front.from, place);
  });
});
