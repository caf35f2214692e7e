import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describeError } from '../../dist/core/describe-error.js';
import { limits } from '../../dist/core/limits.js';
import { truncateUtf8 } from '../../dist/core/utf8.js';

type JobError = ReturnType<typeof describeError>;

const bytes = (text: string | undefined): number => Buffer.byteLength(text ?? '');

function chain(error: JobError | undefined): JobError[] {
  return error === undefined ? [] : [error, ...chain(error.cause)];
}

function assertBounded(error: JobError): void {
  const all = chain(error);
  const messages = all.reduce((sum, { message }) => sum + bytes(message), 0);
  const stacks = all.reduce((sum, { stack }) => sum + bytes(stack), 0);
  // An error that comes after the limit still says that it was cut.
  assert.ok(messages <= limits.errorBytes + all.length * 15, `${messages} bytes of messages`);
  assert.ok(stacks <= limits.stackBytes, `${stacks} bytes of stacks`);
  assert.ok(all.length <= limits.errorDepth);
  assert.ok(all.every(({ name, message }) => name !== '' && bytes(name) <= 200 && message !== ''));
  assert.deepEqual(JSON.parse(JSON.stringify(error)), error);
}

function throwing(): never {
  throw new Error('no one reads me');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('an error that was thrown', () => {
  test('keeps its name, message and stack', () => {
    const error = new TypeError('not a function');
    assert.deepEqual(describeError(error), {
      name: 'TypeError',
      message: 'not a function',
      stack: error.stack,
    });
  });

  test('keeps its causes, whatever they are', () => {
    const error = new Error('outer', { cause: new RangeError('inner', { cause: 'text' }) });
    const names = chain(describeError(error)).map(({ name, message }) => `${name}: ${message}`);
    assert.deepEqual(names, ['Error: outer', 'RangeError: inner', 'NonError: text']);
  });

  test('has a name even if its class did not set one', () => {
    class PaymentError extends Error {}
    class E extends Error {}
    assert.equal(describeError(new PaymentError('x')).name, 'PaymentError');
    assert.equal(describeError(new E('x')).name, 'Error');
    assert.equal(describeError(Object.assign(new Error('x'), { name: '' })).name, 'Error');
    assert.equal(describeError(Object.assign(new Error('x'), { name: 5 })).name, 'Error');
  });

  test('of another realm is an error as well', () => {
    const { name, message } = describeError(runInNewContext('new TypeError("far")'));
    assert.deepEqual([name, message], ['TypeError', 'far']);
  });

  test('without a message says so, with its code if it has one', () => {
    assert.equal(describeError(new TypeError()).message, 'TypeError without a message');
    const error = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    assert.equal(describeError(error).message, 'Error without a message, code ECONNREFUSED');
  });

  test('that stands for several names them', () => {
    const errors = [new TypeError('a'), 'b', new Error('c')];
    const several = '3 errors: TypeError: a; b; Error: c';
    assert.equal(describeError(new AggregateError(errors)).message, several);
    assert.equal(
      describeError(new AggregateError(errors, 'All failed')).message,
      `All failed (${several})`,
    );
    const many = Array.from({ length: 1000 }, () => new Error('x'.repeat(1000)));
    const described = describeError(new AggregateError(many, 'y'.repeat(100_000)));
    assert.match(described.message, /1000 errors: Error: x.*; and 990 more\)$/u);
    assertBounded(described);
  });

  test('that hid another one while resources were released names both', () => {
    const hidden = Object.assign(new Error('An error was suppressed'), {
      name: 'SuppressedError',
      error: new Error('close failed'),
      suppressed: new Error('the real one'),
    });
    assert.match(describeError(hidden).message, /Error: close failed; Error: the real one/u);
  });
});

describe('anything else that was thrown is a NonError with a description', () => {
  const described: readonly (readonly [unknown, string])[] = [
    [undefined, 'undefined'],
    [null, 'null'],
    ['boom', 'boom'],
    ['', 'an empty string'],
    [42, '42'],
    [-0, '0'],
    [false, 'false'],
    [10n, '10n'],
    [Symbol('x'), 'Symbol(x)'],
    [throwing, 'function throwing'],
    [{ code: 5, reason: 'x', at: { deep: true } }, '{code: 5, reason: "x", at: Object}'],
    [{}, '{}'],
    [new Map(), 'Map {}'],
    [[1, 'two', [3]], '[1, "two", Array]'],
    [Object.create(null), '{}'],
    [new Uint8Array(20), 'Uint8Array of 20 bytes'],
    [Array.from({ length: 11 }, (_, index) => index), '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …]'],
  ];
  for (const [thrown, message] of described) {
    test(`as ${message}`, () => {
      assert.deepEqual(describeError(thrown), { name: 'NonError', message });
    });
  }

  test('even if nothing of it can be read', () => {
    const unreadable = 'a value that cannot be read (object)';
    const handler = { get: throwing, getPrototypeOf: throwing, ownKeys: throwing };
    assert.equal(describeError(revoked()).message, unreadable);
    assert.equal(describeError(new Proxy({}, handler)).message, unreadable);
    const partly = {
      a: 1,
      get b() {
        return throwing();
      },
    };
    assert.equal(describeError(partly).message, '{a: 1, b: undefined}');
    const silent = { toString: throwing, [Symbol.toPrimitive]: throwing };
    assert.equal(describeError(silent).message, '{toString: function throwing}');
  });
});

describe('an error that resists', () => {
  test('by getters that throw is described by the rest', () => {
    const error = new Error('kept');
    for (const key of ['name', 'stack', 'cause', 'errors', 'code', 'constructor']) {
      Object.defineProperty(error, key, { get: throwing });
    }
    assert.deepEqual(describeError(error), { name: 'Error', message: 'kept' });
    const mute = Object.defineProperty(new Error('x'), 'message', { get: throwing });
    assert.equal(describeError(mute).message, 'Error without a message');
  });

  test('by members that cannot be read is described without them', () => {
    const error = new AggregateError([], 'All failed');
    assert.equal(describeError(Object.assign(error, { errors: revoked() })).message, 'All failed');
    assert.match(describeError(new AggregateError([revoked()])).message, /cannot be read/u);
  });

  test('by being frozen is left as it is', () => {
    const error = Object.freeze(new Error('cold'));
    assert.equal(describeError(error).message, 'cold');
  });

  test('by a message that is no text is described by its value', () => {
    const error = Object.defineProperty(new Error('x'), 'message', { value: { code: 5 } });
    assert.equal(describeError(error).message, '{code: 5}');
  });

  test('by a circular cause ends where it began', () => {
    const error = new Error('round');
    error.cause = error;
    assert.equal(describeError(error).cause, undefined);
    const other = new Error('and round', { cause: error });
    error.cause = other;
    assert.deepEqual(
      chain(describeError(error)).map(({ message }) => message),
      ['round', 'and round'],
    );
  });

  test('by a long chain of causes is cut', () => {
    let error = new Error('0');
    for (let depth = 1; depth < 100; depth++) error = new Error(String(depth), { cause: error });
    assert.deepEqual(
      chain(describeError(error)).map(({ message }) => message),
      ['99', '98', '97', '96', '95'],
    );
  });
});

describe('what is kept is bounded', () => {
  test('a message of 10 MB is cut, with a mark, and leaves room for the stack', () => {
    const error = new Error('é'.repeat(5_000_000));
    const described = describeError(error);
    assert.ok(bytes(described.message) > limits.errorBytes - 20);
    assert.match(described.message, /^é+… \(truncated\)$/u);
    assert.match(described.stack ?? '', /^Error: é+… \(truncated\)\n +at .*describe-error/u);
    assertBounded(described);
  });

  test('a string of 10 MB is cut', () => {
    const { message } = describeError('x'.repeat(10_000_000));
    assert.equal(bytes(message), limits.errorBytes);
  });

  test('the causes share the limits with the error', () => {
    let error = new Error('x'.repeat(6000));
    for (let depth = 0; depth < 3; depth++) error = new Error('x'.repeat(6000), { cause: error });
    error.stack = 's'.repeat(100_000);
    const described = describeError(error);
    assert.equal(chain(described).length, 4);
    assertBounded(described);
  });

  test('a long name is cut', () => {
    assertBounded(describeError(Object.assign(new Error('x'), { name: 'N'.repeat(10_000) })));
  });

  test('NUL and lone surrogates are kept', () => {
    const described = describeError(new Error('a\u0000b\ud800'));
    assert.equal(described.message, 'a\u0000b\ud800');
    assertBounded(described);
  });

  test('text is cut between characters, never within', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 15, max: 60 }), (text, max) => {
        const cut = truncateUtf8(text, max);
        assert.ok(bytes(cut) <= max);
        if (bytes(text) <= max) return assert.equal(cut, text);
        const kept = cut.slice(0, -'… (truncated)'.length);
        assert.ok(text.startsWith(kept) && kept.isWellFormed());
        // Another character would not have fitted.
        assert.ok(bytes(kept) > max - 15 - 4);
      }),
    );
  });

  test('whatever is thrown is described, bounded and storable', () => {
    const anything = fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true });
    const error = fc.record({
      name: anything,
      message: anything,
      cause: anything,
      errors: anything,
    });
    const thrown = fc.oneof(
      anything,
      error,
      error.map((fields) => {
        const made = new Error('x');
        for (const [key, value] of Object.entries(fields)) {
          Object.defineProperty(made, key, { value });
        }
        return made;
      }),
    );
    fc.assert(fc.property(thrown, (value) => assertBounded(describeError(value))));
  });
});
