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
    for (let n = 0; n < 10; n += 1) await looked({ from: 0, tookMs: 100 });
  });

  async function looked({ from, tookMs }: { from: number; tookMs: number }): Promise<void> {
    const sinceMs = front.now;
    await clock.advance(tookMs);
    front.looked([{ seq: place, priority: 0 }], { from, sinceMs });
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

  test('is looked before for a fifteenth of the time, four times a second at most', async () => {
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
