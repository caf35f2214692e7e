// How long a lock is left alone that another process holds.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Patience } from '../../dist/store/sqlite/patience.js';

/** The longest of many pauses, of somebody who usually waits so long. */
function longestPause(usualMs: number): number {
  const patience = new Patience();
  for (let wait = 0; wait < 50; wait += 1) {
    patience.pauseMs(0);
    patience.over(usualMs);
  }
  return Math.max(...Array.from({ length: 500 }, () => patience.pauseMs(0)));
}

describe('a lock that another process holds is left alone', () => {
  test('for half a millisecond at least, and hardly longer where nobody waits long', () => {
    const patience = new Patience();
    const pauses = Array.from({ length: 500 }, () => patience.pauseMs(0));
    assert.ok(pauses.every((pause) => pause >= 0.5 && pause <= 2.5));
    assert.ok(new Set(pauses).size > 400);
  });

  test('the longer, the longer one usually waits for it', () => {
    assert.ok(longestPause(4) <= 2.5);
    assert.ok(longestPause(40) > 6 && longestPause(40) <= 10.5);
    assert.ok(longestPause(10_000) > 15 && longestPause(10_000) <= 20.5);
  });

  test('as before, once nobody waits any more', () => {
    const patience = new Patience();
    patience.pauseMs(0);
    patience.over(10_000);
    for (let time = 0; time < 50; time += 1) patience.over(0);
    assert.ok(patience.pauseMs(0) <= 2.5);
  });
});
