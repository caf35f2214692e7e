import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Width } from '../../dist/store/postgres/width.js';

/** How far a claim of ten had to look among others that have locked as many jobs before it. */
function claimAmong(width: Width, locked: number): number {
  let window = width.windowOf(10);
  while (window < locked + 10 && width.wider(window) > window) window = width.wider(window);
  if (window < locked + 10) return Infinity;
  width.found(10, window);
  return window;
}

describe('how far a claim looks', () => {
  test('is no further than it needs while nobody else claims', () => {
    const width = new Width();
    assert.deepEqual([claimAmong(width, 0), claimAmong(width, 0)], [10, 10]);
  });

  test('is as far as the claim before had to look past what others have locked', () => {
    const width = new Width();
    assert.equal(claimAmong(width, 100), 160);
    assert.equal(width.windowOf(10), 160);
    assert.equal(width.windowOf(3), 48);
  });

  test('becomes less again once that is not necessary any more', () => {
    const width = new Width();
    claimAmong(width, 100);
    for (let n = 0; n < 128; n += 1) claimAmong(width, 0);
    assert.equal(width.windowOf(10), 10);
  });

  test('stays as far while it is necessary, but for a try now and then', () => {
    const width = new Width();
    const windows = Array.from({ length: 1000 }, () => claimAmong(width, 100));
    assert.ok(windows.every((window) => window === 160));
    const tries = Array.from({ length: 1000 }, () => {
      const first = width.windowOf(10);
      claimAmong(width, 100);
      return first;
    }).filter((first) => first < 160);
    assert.ok(tries.length > 0 && tries.length < 40, `${tries.length} tries`);
  });

  test('is a number of jobs, whatever was found before', () => {
    const width = new Width();
    width.found(7, 33);
    for (let n = 0; n < 200; n += 1) {
      assert.ok(Number.isInteger(width.windowOf(7)));
      width.found(7, width.windowOf(7));
    }
    assert.equal(width.windowOf(7), 7);
  });

  test('has an end', () => {
    const width = new Width();
    assert.equal(claimAmong(width, 1_000_000), Infinity);
    assert.ok(width.windowOf(1_000_000) <= 8192);
  });
});
