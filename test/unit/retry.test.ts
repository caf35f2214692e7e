import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RetryPolicy } from '../../dist/core/job.js';
import { retryDelayMs } from '../../dist/core/retry.js';

const second = 1000;
const day = 86_400_000;

describe('retryDelayMs', () => {
  const table: readonly (readonly [string, RetryPolicy | null, readonly number[]])[] = [
    ['without a policy there is no delay', null, [0, 0, 0]],
    ['a policy without a delay has none', { backoff: 'exponential' }, [0, 0, 0]],
    ['a delay is the same before every attempt', { delay: '5s' }, [5, 5, 5]],
    ['and so it is when it is said to be fixed', { delay: '5s', backoff: 'fixed' }, [5, 5, 5]],
    ['an exponential one doubles', { delay: '5s', backoff: 'exponential' }, [5, 10, 20]],
    ['up to its cap', { delay: '5s', backoff: 'exponential', maxDelay: '12s' }, [5, 10, 12]],
    ['a cap below the delay counts', { delay: '5s', maxDelay: '3s' }, [3, 3, 3]],
  ];
  for (const [title, policy, seconds] of table) {
    test(title, () => {
      const delays = seconds.map((_, index) => retryDelayMs(policy, index + 1, 0));
      assert.deepEqual(
        delays,
        seconds.map((each) => each * second),
      );
    });
  }

  test('a delay that doubles grows to a day, unless the delay itself is longer', () => {
    const policy = { delay: '1h', backoff: 'exponential' } as const;
    assert.equal(retryDelayMs(policy, 5, 0), 16 * 3600 * second);
    assert.equal(retryDelayMs(policy, 6, 0), day);
    assert.equal(retryDelayMs({ ...policy, delay: '3d' }, 6, 0), 3 * day);
  });

  test('a delay stays a number after thousands of attempts', () => {
    const policy = { delay: '1ms', backoff: 'exponential' } as const;
    assert.equal(retryDelayMs(policy, 100_000, 0), day);
    assert.equal(retryDelayMs({ ...policy, delay: '0ms' }, 100_000, 0), 0);
  });

  test('jitter draws from the upper half of the delay', () => {
    const policy = { delay: '10s', jitter: true };
    assert.equal(retryDelayMs(policy, 1, 0), 5 * second);
    assert.equal(retryDelayMs(policy, 1, 0.2), 6 * second);
    assert.equal(retryDelayMs(policy, 1, 0.999999), 10 * second);
  });

  test('every delay is whole milliseconds, at least half of the policy and at most its cap', () => {
    const ms = fc.integer({ min: 0, max: 40 * day });
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const attempts = fc.integer({ min: 1, max: 5000 });
    const property = fc.property(ms, ms, attempts, draw, (delay, cap, attempt, random) => {
      const policy = { delay: `${delay}ms`, maxDelay: `${cap}ms`, jitter: true } as const;
      const drawn = retryDelayMs({ ...policy, backoff: 'exponential' }, attempt, random);
      assert.ok(Number.isInteger(drawn));
      assert.ok(drawn <= cap && drawn >= Math.min(delay, cap) / 2 - 1);
    });
    fc.assert(property);
  });
});
