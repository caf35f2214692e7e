import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { systemClock } from '../../dist/store/clock.js';

const day = 86_400_000;

describe('the system clock', () => {
  test('tells the time of day and a time that only goes on', () => {
    assert.ok(Math.abs(systemClock.wall() - Date.now()) < 1000);
    const before = systemClock.mono();
    assert.ok(systemClock.mono() >= before);
  });

  for (const [name, ms] of Object.entries({ 'an hour': 3_600_000, '60 days': 60 * day })) {
    test(`calls back after ${name}, once, and not before`, (scope) => {
      mock.timers.enable({ apis: ['setTimeout'] });
      scope.after(() => {
        mock.timers.reset();
      });
      let calls = 0;
      systemClock.timer(ms, () => {
        calls += 1;
      });
      pass(ms - 1);
      assert.equal(calls, 0);
      pass(1);
      assert.equal(calls, 1);
      pass(100 * day);
      assert.equal(calls, 1);
    });
  }

  test('calls back at once, but not before it returns, when there is nothing to wait for', (scope) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    scope.after(() => {
      mock.timers.reset();
    });
    let calls = 0;
    systemClock.timer(0, () => {
      calls += 1;
    });
    assert.equal(calls, 0);
    pass(1);
    assert.equal(calls, 1);
  });

  test('does not call back once it was told not to, days later either', (scope) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    scope.after(() => {
      mock.timers.reset();
    });
    const cancel = systemClock.timer(60 * day, () => assert.fail('it called back'));
    pass(30 * day);
    cancel();
    pass(60 * day);
  });
});

/** A day at a time: what a timer sets when it fires is seen by the next step. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= day) mock.timers.tick(Math.min(left, day));
}
