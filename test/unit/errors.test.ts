import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { errorCodes } from '../../dist/core/error-codes.js';
import {
  type ErrorCode,
  FatalError,
  fromPlainError,
  GigqError,
  isFatal,
  isGigqError,
  isRetryLater,
  JobCancelledError,
  JobFailedError,
  JobNotFoundError,
  type PlainError,
  RetryLater,
  toPlainError,
  WaitTimeoutError,
} from '../../dist/core/errors.js';
import { fromOtherCopy } from '../helpers/other-copy.ts';

/** Codes that programs branch on: more may come, none may go. */
const published: readonly ErrorCode[] = [
  'job_not_found',
  'job_failed',
  'job_cancelled',
  'wait_timeout',
  'not_json',
  'too_large',
  'invalid_option',
  'invalid_duration',
  'params_invalid',
  'task_conflict',
  'task_unknown',
  'workflow_cycle',
  'parent_missing',
  'database_missing',
  'database_invalid',
  'database_corrupt',
  'database_busy',
  'database_full',
  'database_readonly',
  'database_replaced',
  'schema_newer',
  'sqlite_unsafe',
  'sqlite_second_library',
  'driver_missing',
];

const cause = new Error('why');

const each = {
  GigqError: new GigqError('too_large', 'Too much', { cause }),
  JobNotFoundError: new JobNotFoundError('id-1', { cause }),
  JobFailedError: new JobFailedError('id-1', 'TypeError: boom', { cause }),
  JobCancelledError: new JobCancelledError('id-1', 'its parent id-0 failed', { cause }),
  WaitTimeoutError: new WaitTimeoutError('Job id-1 has no result after 5s', { cause }),
  FatalError: new FatalError('gone', { cause }),
  RetryLater: new RetryLater('5m', { cause }),
};

/** There and back, by a channel that carries JSON only. */
function cross(error: unknown): Error {
  return fromPlainError(JSON.parse(JSON.stringify(toPlainError(error))) as PlainError);
}

describe('an error of gigq', () => {
  test('says what happened', () => {
    const messages = Object.values(each).map(({ message }) => message);
    assert.deepEqual(messages, [
      'Too much',
      'There is no job id-1',
      'Job id-1 failed: TypeError: boom',
      'Job id-1 was cancelled: its parent id-0 failed',
      'Job id-1 has no result after 5s',
      'gone',
      'The handler asked to run again in 5m',
    ]);
    assert.equal(new JobCancelledError('id-1').message, 'Job id-1 was cancelled');
  });

  for (const [name, error] of Object.entries(each)) {
    test(`${name} is an Error under its own name, with code, hint and cause`, () => {
      assert.ok(error instanceof GigqError && error instanceof Error);
      assert.equal(error.name, name);
      assert.ok(error.stack?.startsWith(`${name}: ${error.message}\n`));
      assert.ok(errorCodes.includes(error.code));
      assert.notEqual(error.hint, '');
      assert.equal(error.cause, cause);
    });
  }

  test('no code that was published is gone', () => {
    const gone = published.filter((code) => !errorCodes.includes(code));
    assert.deepEqual(gone, []);
  });

  test('every code has a hint that says what to do', () => {
    const hints = errorCodes.map((code) => new GigqError(code, 'x').hint);
    for (const hint of hints) assert.match(hint, /^[A-Z].{15,}[.`]$/u);
  });

  test('a hint of its own goes before that of its code', () => {
    assert.equal(new GigqError('too_large', 'x', { hint: 'Eat less.' }).hint, 'Eat less.');
  });

  test('no cause is no cause, not an undefined one', () => {
    assert.equal('cause' in new GigqError('too_large', 'x'), false);
    assert.equal('cause' in new FatalError('x'), false);
  });

  test('what is printed shows the code and the hint, and no brand', () => {
    const text = inspect(new JobFailedError('id-1', 'x'));
    assert.match(text, /code: 'job_failed'[\s\S]*hint: [\s\S]*jobId: 'id-1'/u);
    assert.doesNotMatch(text, /Symbol/u);
  });
});

describe('RetryLater', () => {
  test('keeps its delay, a duration or an instant', () => {
    const at = new Date(Date.UTC(2030, 0, 1));
    assert.equal(new RetryLater('5m').delay, '5m');
    assert.equal(new RetryLater(at).delay, at);
    assert.match(new RetryLater(at).message, /at 2030-01-01T00:00:00\.000Z/u);
  });

  test('refuses a delay that is none, where the handler says it', () => {
    for (const delay of [60, 'NaNs', '-5s', new Date(Number.NaN), null, undefined]) {
      const make = (): unknown => new RetryLater(delay as '5s');
      assert.throws(make, { code: 'invalid_duration', message: /^RetryLater: / });
    }
    assert.throws(() => new RetryLater(new Date(Number.NaN)), /expected a valid Date/u);
  });
});

describe('an error is recognised by its brand', () => {
  test('whichever copy of gigq made it', async (scope) => {
    const other = await fromOtherCopy<typeof import('../../dist/core/errors.js')>(
      scope,
      'core/errors.js',
    );
    const fatal = new other.FatalError('gone');
    const later = new other.RetryLater('5s');
    assert.equal(fatal instanceof FatalError, false);
    assert.deepEqual(
      [isGigqError(fatal), isFatal(fatal), isRetryLater(fatal)],
      [true, true, false],
    );
    assert.deepEqual(
      [isGigqError(later), isFatal(later), isRetryLater(later)],
      [true, false, true],
    );
  });

  test('a class made from it is recognised as well', () => {
    class Gone extends FatalError {}
    assert.ok(isFatal(new Gone('x')));
  });

  test('nothing else is', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [undefined, null, 'x', 1, new Error('x'), { code: 'too_large' }, proxy]) {
      assert.deepEqual(
        [isGigqError(value), isFatal(value), isRetryLater(value)],
        [false, false, false],
      );
    }
  });
});

describe('an error crosses the border of a thread as plain data', () => {
  for (const [name, error] of Object.entries(each)) {
    test(`${name} comes back as what it was`, () => {
      const back = cross(error);
      assert.equal(Object.getPrototypeOf(back), Object.getPrototypeOf(error));
      assert.deepEqual(Object.entries(back), Object.entries(error));
      assert.equal(back.name, name);
      assert.equal(back.message, error.message);
      assert.equal(back.stack, error.stack);
      assert.equal((back.cause as Error).message, 'why');
      assert.equal((back.cause as Error).stack, cause.stack);
      assert.ok(isGigqError(back));
    });
  }

  test('an instant to run again comes back as a Date', () => {
    const at = new Date(1_900_000_000_000);
    assert.deepEqual((cross(new RetryLater(at)) as RetryLater).delay, at);
  });

  test('another error keeps its name, message, stack and code', () => {
    const error = Object.assign(new TypeError('bad'), { code: 'ERR_BAD', socket: () => 1 });
    const back = cross(error) as Error & { code: string };
    assert.ok(back instanceof Error);
    assert.deepEqual([back.name, back.message, back.code], ['TypeError', 'bad', 'ERR_BAD']);
    assert.equal(back.stack, error.stack);
    assert.deepEqual(Object.keys(back), ['code']);
    assert.equal(isGigqError(back), false);
  });

  test('a chain of causes comes back, a circular one ends', () => {
    const inner = new Error('inner');
    const outer = new Error('outer', { cause: inner });
    inner.cause = outer;
    const back = cross(outer);
    assert.equal((back.cause as Error).message, 'inner');
    assert.equal((back.cause as Error).cause, undefined);
  });

  test('what is no error comes back as an error that describes it', () => {
    const back = cross('just text');
    assert.deepEqual([back.name, back.message], ['NonError', 'just text']);
    assert.equal(back.stack, 'NonError: just text');
  });

  test('an error as it is stored with a job becomes an Error again', () => {
    const back = fromPlainError({
      name: 'RangeError',
      message: 'far',
      cause: { name: 'E', message: 'c' },
    });
    assert.equal(String(back), 'RangeError: far');
    assert.equal(String(back.cause), 'E: c');
  });

  test('a kind that this version does not know is still an error of gigq', () => {
    const plain = { ...toPlainError(each.GigqError), kind: 'FutureError' };
    const back = fromPlainError(plain);
    assert.ok(back instanceof GigqError);
    assert.equal(back.code, 'too_large');
  });
});
