import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { after } from '../../dist/client/long-timer.js';

const dayMs = 24 * 60 * 60 * 1000;

interface Timer {
  readonly ms: number;
  readonly fire: () => void;
}

/** Timers that fire when they are told to, on a clock that they move. */
function ownTimers(): Timer[] {
  let now = 0;
  const pending: Timer[] = [];
  const drop = (timer: Timer): Timer[] => pending.splice(pending.indexOf(timer), 1);
  const set = (callback: () => void, ms: number): Timer => {
    const fire = (): void => {
      drop(timer);
      now += ms;
      callback();
    };
    const timer = { ms, fire };
    pending.push(timer);
    return timer;
  };
  mock.method(globalThis, 'setTimeout', set);
  mock.method(globalThis, 'clearTimeout', drop);
  mock.method(performance, 'now', () => now);
  return pending;
}

afterEach(() => mock.restoreAll());

test('a wait that is longer than a timer can be is made of several', () => {
  const pending = ownTimers();
  const callback = mock.fn();
  after(60 * dayMs + 5, callback);
  let waitedMs = 0;
  while (callback.mock.callCount() === 0) {
    const [timer] = pending;
    assert.ok(timer !== undefined && timer.ms < 2 ** 31);
    waitedMs += timer.ms;
    timer.fire();
  }
  assert.equal(waitedMs, 60 * dayMs + 5);
  assert.equal(pending.length, 0);
});

test('a wait can be undone at any time', () => {
  const pending = ownTimers();
  const cancel = after(60 * dayMs, () => assert.fail('it was undone'));
  pending[0]?.fire();
  assert.equal(pending.length, 1);
  cancel();
  assert.equal(pending.length, 0);
});
