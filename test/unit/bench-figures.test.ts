import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Figure,
  isKept,
  isReached,
  median,
  quantile,
  ratio,
  spread,
} from '../../bench/figures.ts';
import { linesOf } from '../../bench/print.ts';
import { commitsIn } from '../../bench/proc.ts';
import { firstAndLast } from '../../bench/soak-samples.ts';

const figure: Figure = {
  name: 'drain',
  unit: 'jobs/s',
  rounds: [50, 200, 100],
  durability: 'full',
};

describe('the figures of a bench', () => {
  test('the median is the middle one, or lies between the two in the middle', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([7]), 7);
    assert.ok(Number.isNaN(median([])));
  });

  test('a quantile is the smallest that its share does not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, place) => 100 - place);
    assert.equal(quantile(hundred, 0.5), 50);
    assert.equal(quantile(hundred, 0.99), 99);
    assert.equal(quantile([5], 0.99), 5);
    assert.equal(quantile([1, 2], 0), 1);
  });

  test('the spread is from the smallest to the largest', () => {
    assert.deepEqual(spread([2, 9, 4]), { min: 2, max: 9 });
  });

  test('a ratio is taken round by round, so that a machine that slows down does not change it', () => {
    assert.equal(ratio([100, 10, 50], [200, 20, 100]), 0.5);
    assert.equal(ratio([100, 100], [200]), 0.5);
  });

  test('a bound has a lower end, an upper one, or both', () => {
    assert.ok(isKept(1, { atLeast: 1 }));
    assert.ok(!isKept(0.9, { atLeast: 1 }));
    assert.ok(!isKept(1.1, { atMost: 1 }));
    assert.ok(isKept(1, { atLeast: 0, atMost: 2 }));
  });

  test('a figure reaches its targets if its median and all its ratios do', () => {
    const raw = { name: 'raw', rounds: [100, 400, 200] };
    assert.equal(isReached(figure), undefined);
    assert.equal(isReached({ ...figure, target: { atLeast: 100 } }), true);
    assert.equal(isReached({ ...figure, target: { atLeast: 101 } }), false);
    assert.equal(isReached({ ...figure, beside: [{ ...raw, target: { atLeast: 0.5 } }] }), true);
    const both = { target: { atLeast: 1 }, beside: [{ ...raw, target: { atLeast: 0.6 } }] };
    assert.equal(isReached({ ...figure, ...both }), false);
  });

  test('a figure is printed with its spread, its durability, its ratios and its targets', () => {
    const raw = { name: 'raw', rounds: [100, 400, 200], target: { atLeast: 0.6 } };
    assert.deepEqual(linesOf({ ...figure, target: { atLeast: 90 }, beside: [raw] }), [
      '  drain: 100 jobs/s  (50–200)  [full]  target ≥ 90: reached',
      '    raw: 200 jobs/s; ratio 0.50  target ≥ 0.6: MISSED',
    ]);
    assert.deepEqual(linesOf({ name: 'memory', skipped: 'it needs /proc' }), [
      '  memory: skipped, it needs /proc',
    ]);
  });
});

describe('the first and the last minute of a soak', () => {
  const sample = (atMs: number, done: number) => ({ atMs, done, rssMiB: 0, walMiB: 0, fileMiB: 0 });

  test('are a third of a short run', () => {
    const samples = [sample(0, 0), sample(1000, 100), sample(2000, 150), sample(3000, 200)];
    assert.deepEqual(firstAndLast(samples), { first: 100, last: 50, seconds: 1 });
  });

  test('are minutes of a long one', () => {
    const samples = Array.from({ length: 301 }, (_, second) => sample(second * 1000, second * 10));
    assert.deepEqual(firstAndLast(samples), { first: 10, last: 10, seconds: 60 });
  });
});

describe('the write transactions in a WAL', () => {
  const frame = (salt: number, pagesAfterCommit: number): Buffer => {
    const bytes = Buffer.alloc(24 + 512);
    bytes.writeUInt32BE(pagesAfterCommit, 4);
    bytes.writeUInt32BE(salt, 8);
    return bytes;
  };
  const header = Buffer.alloc(32);
  header.writeUInt32BE(512, 8);
  header.writeUInt32BE(7, 16);

  test('are its frames that end one, up to those of an earlier generation', () => {
    const frames = [frame(7, 0), frame(7, 3), frame(7, 4), frame(6, 5)];
    assert.equal(commitsIn(Buffer.concat([header, ...frames])), 2);
  });

  test('are none in one that is empty or cut off', () => {
    assert.equal(commitsIn(Buffer.alloc(0)), 0);
    assert.equal(commitsIn(Buffer.concat([header, frame(7, 3).subarray(0, 100)])), 0);
  });
});
