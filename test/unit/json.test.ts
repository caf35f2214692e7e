import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { isGigqError, type GigqError } from '../../dist/core/errors.js';
import { encodeJson } from '../../dist/core/json.js';
import { limits } from '../../dist/core/limits.js';

const encode = (value: unknown): string => encodeJson(value, 'params', limits.paramsBytes);

function refusal(value: unknown, maxBytes: number = limits.paramsBytes): GigqError {
  try {
    encodeJson(value, 'params', maxBytes);
  } catch (error) {
    if (isGigqError(error)) return error;
    throw error;
  }
  return assert.fail('the value was taken');
}

function assertRefused(value: unknown, message: RegExp): void {
  const error = refusal(value);
  assert.equal(error.code, 'not_json');
  assert.match(error.message, message);
}

function nested(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

class Point {
  x = 1;
}

describe('what is taken', () => {
  test('JSON values are written as JSON.stringify writes them', () => {
    const value = { a: [1, -2.5, 1e21, true, null, 'x', {}, []], 'b c': { '': '"\\\n' } };
    assert.equal(encode(value), JSON.stringify(value));
  });

  test('undefined at the root becomes null', () => {
    assert.equal(encode(undefined), 'null');
  });

  test('an undefined property is left out', () => {
    assert.equal(encode({ a: undefined, b: 1, c: undefined }), '{"b":1}');
  });

  test('an object with toJSON stands for what it returns: a Date, a URL, a Buffer', () => {
    const value = { at: new Date(0), url: new URL('http://a.example/'), bytes: Buffer.from('hi') };
    assert.equal(encode(value), JSON.stringify(value));
    assert.equal(encode(Object.assign(() => 1, { toJSON: () => 'fn' })), '"fn"');
  });

  test('toJSON gets the key, is called once, and may leave its property out', () => {
    const keys: string[] = [];
    const gone = { toJSON: (key: string) => void keys.push(key) };
    assert.equal(encode({ a: gone, b: 1 }), '{"b":1}');
    assert.equal(encode(gone), 'null');
    assert.throws(() => encode([gone]), /params\[0\] is undefined/u);
    assert.deepEqual(keys, ['a', '', '0']);
  });

  test('a boxed scalar is its value', () => {
    assert.equal(encode([Object('x'), Object(1), Object(false)]), '["x",1,false]');
    assertRefused({ n: Object(Number.NaN) as unknown }, /^params\.n is NaN/u);
  });

  test('an object without a prototype or of another realm is a plain object', () => {
    assert.equal(encode(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
    assert.equal(encode(runInNewContext('({ a: [1, { b: 2 }] })')), '{"a":[1,{"b":2}]}');
  });

  test('a value that is used twice, but not inside itself, is written twice', () => {
    const shared = { n: 1 };
    assert.equal(encode([shared, shared, { shared }]), '[{"n":1},{"n":1},{"shared":{"n":1}}]');
  });

  test('NUL and lone surrogates come back, in keys as well', () => {
    for (const text of ['\u0000', '\ud800', 'a\udfff\u0000b', '\u2028', '😀']) {
      const value = { [text]: [text] };
      assert.deepEqual(JSON.parse(encode(value)), value);
    }
  });

  test('every property is read once, so that what was checked is what is stored', () => {
    let reads = 0;
    const value = {
      get changing() {
        reads += 1;
        return reads === 1 ? 'first' : Number.NaN;
      },
    };
    assert.equal(encode(value), '{"changing":"first"}');
    assert.equal(reads, 1);
  });

  test('containers may be 64 levels deep', () => {
    assert.equal(encode(nested(64)), JSON.stringify(nested(64)));
  });
});

describe('what is refused, and where it is', () => {
  const sparse: unknown[] = [1];
  sparse[2] = 3;
  const ownProto: unknown = JSON.parse('{"__proto__":{}}');

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['undefined in an array', [1, undefined], /^params\[1\] is undefined in an array.*use null/u],
    ['a hole in an array', { list: sparse }, /^params\.list\[1\] is undefined in an array/u],
    ['a Map', { m: new Map() }, /^params\.m is an instance of Map.*Object\.fromEntries/u],
    ['a Set', { a: { s: new Set() } }, /^params\.a\.s is an instance of Set.*\[\.\.\.set\]/u],
    ['a RegExp', [/x/u], /^params\[0\] is an instance of RegExp.*source/u],
    ['a Promise', { p: Promise.resolve() }, /^params\.p is an instance of Promise.*await it/u],
    ['an Error', { e: new TypeError('x') }, /^params\.e is an instance of TypeError.*message/u],
    ['a class instance', { p: new Point() }, /^params\.p is an instance of Point.*toJSON/u],
    ['inherited properties', Object.create({ a: 1 }), /^params is an object with a prototype/u],
    ['a typed array', { b: new Uint8Array(2) }, /^params\.b is an instance of Uint8Array.*base64/u],
    ['a function', { f: () => 1 }, /^params\.f is a function/u],
    ['a symbol', { s: Symbol('x') }, /^params\.s is a symbol/u],
    ['a symbol as a key', { a: { [Symbol('x')]: 1 } }, /^params\.a has a symbol as a key/u],
    ['a bigint', { n: 1n }, /^params\.n is a bigint/u],
    ['NaN', { n: Number.NaN }, /^params\.n is NaN/u],
    ['Infinity', [Infinity], /^params\[0\] is Infinity/u],
    ['-Infinity', [-Infinity], /^params\[0\] is -Infinity/u],
    ['-0', { n: -0 }, /^params\.n is -0/u],
    ['__proto__ as a key', { a: ownProto }, /^params\.a\.__proto__ would/u],
    ['an invalid Date', { at: new Date(Number.NaN) }, /^params\.at is an invalid Date/u],
    [
      'nesting over 64',
      nested(65),
      /^params(?:\[0\])+.*(?:\[0\])+ is nested deeper than 64 levels/u,
    ],
    ['what toJSON returns', { x: { toJSON: () => ({ y: 1n }) } }, /^params\.x\.y is a bigint/u],
    ['NaN that toJSON returns', { x: { toJSON: () => Number.NaN } }, /^params\.x is NaN/u],
    ['a class that toJSON returns', { x: { toJSON: () => new Map() } }, /^params\.x is .* Map/u],
  ];

  for (const [title, value, message] of refused) {
    test(`${title} is refused`, () => assertRefused(value, message));
  }

  test('the error says what to do, in its message and as its hint', () => {
    const error = refusal({ when: Number.NaN });
    assert.equal(
      error.message,
      'params.when is NaN, which JSON cannot hold; use null, or a string',
    );
    assert.equal(error.hint, 'Use null, or a string.');
  });

  test('a symbol key that is not enumerable is no data', () => {
    const value = Object.defineProperty({ a: 1 }, Symbol('x'), { value: 1 });
    assert.equal(encode(value), '{"a":1}');
  });

  test('a result is called result', () => {
    assert.throws(
      () => encodeJson([() => 1], 'result', 100),
      /^GigqError: result\[0\] is a funct/u,
    );
  });

  test('a key that is no identifier is quoted', () => {
    assertRefused({ 'a b': 1n }, /^params\["a b"\] is a bigint/u);
  });

  test('a long key is cut, and so is a long path, in its middle', () => {
    assertRefused({ ['k'.repeat(10_000)]: 1n }, /^params\.k{60}… is a bigint/u);
    let value: unknown = { last: 1n };
    for (let level = 0; level < 60; level++) value = { ['k'.repeat(50)]: value };
    assertRefused(value, /^params\.k+\..{1,120}….{1,120}\.last is a bigint/u);
  });

  test('a cycle is named by its two ends', () => {
    const node: Record<string, unknown> = { list: [{}] };
    node['list'] = [1, { back: node }];
    assertRefused(
      { node },
      /^params\.node\.list\[1\]\.back refers back to params\.node; use an id/u,
    );
  });

  test('a cycle is seen through text that repeats in it', () => {
    const node: Record<string, unknown> = { text: 'x'.repeat(600_000) };
    node['self'] = node;
    assertRefused(node, /^params\.self refers back to params/u);
  });

  test('what throws when it is read is refused, with the reason', () => {
    const boom = new Error('boom');
    const throwing = (): never => {
      throw boom;
    };
    const error = refusal({
      a: Object.defineProperty({}, 'b', { get: throwing, enumerable: true }),
    });
    assert.match(error.message, /^params\.a\.b could not be read: boom/u);
    assert.equal(error.cause, boom);
    assertRefused([{ toJSON: throwing }], /^params\[0\] could not be read: boom/u);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assertRefused({ proxy }, /^params\.proxy could not be read/u);
    const nothing = { get: () => AbortSignal.abort(null).throwIfAborted(), enumerable: true };
    assertRefused(Object.defineProperty({}, 'a', nothing), /^params\.a could not be read; use/u);
  });
});

describe('how much is taken', () => {
  test('the limit counts bytes of UTF-8, and is itself taken', () => {
    for (const text of ['a', 'ä', '€', '😀', '\ud800', '\n']) {
      const bytes = Buffer.byteLength(JSON.stringify([text]));
      assert.equal(encodeJson([text], 'params', bytes), JSON.stringify([text]));
      assert.equal(refusal([text], bytes - 1).code, 'too_large');
    }
  });

  test('the error gives both sizes', () => {
    const message = 'params has 30 bytes as JSON; the limit is 20';
    assert.equal(refusal('ä'.repeat(14), 20).message, message);
    assert.match(refusal(['x'.repeat(99)], 20).message, /^params has at least 102 bytes/u);
  });

  test('a text of 100 MB is refused without being written', () => {
    const before = process.memoryUsage().rss;
    assert.equal(refusal({ text: 'x'.repeat(100_000_000) }).code, 'too_large');
    assert.ok(process.memoryUsage().rss - before < 64 * limits.paramsBytes);
  });

  test('a small value that would be written without end is refused', () => {
    let value: unknown = [];
    for (let level = 1; level < limits.jsonDepth; level++) value = [value, value];
    assert.equal(refusal(value).code, 'too_large');
  });
});

describe('for every value', () => {
  const anyText = fc.string({
    unit: fc.integer({ max: 0xff_ff, min: 0 }).map(String.fromCharCode),
  });
  const key = fc.oneof(fc.string(), anyText).filter((text) => text !== '__proto__');
  const number = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((n) => !Object.is(n, -0));
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.constant(null), fc.boolean(), number, anyText),
      fc.array(tie('json')),
      fc.dictionary(key, tie('json'), { noNullPrototype: true }),
    ),
  }));

  test('what is JSON comes back as it was', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.deepEqual(JSON.parse(encode(value)), value);
      }),
    );
  });

  test('what is taken is written as JSON.stringify writes it; what is not names its path', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        try {
          assert.equal(encode(value), JSON.stringify(value) ?? 'null');
        } catch (error) {
          assert.ok(isGigqError(error), String(error));
          assert.match(error.message, /^params/u);
        }
      }),
    );
  });

  test('what is lost is named by its path, wherever it is', () => {
    const lost = fc.constantFrom(Number.NaN, -0, 1n, Symbol('x'), () => 1, new Map(), new Point());
    const step = fc.oneof(fc.stringMatching(/^[a-z]{1,5}$/u), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(lost, fc.array(step, { maxLength: 20 }), json, (value, steps, other) => {
        const wrap = (inner: unknown, at: string | number): unknown =>
          typeof at === 'number' ? [...Array<unknown>(at).fill(other), inner] : { [at]: inner };
        const path = steps.map((at) => (typeof at === 'number' ? `[${at}]` : `.${at}`)).join('');
        const { message } = refusal(steps.reduceRight(wrap, value as unknown));
        assert.ok(message.startsWith(`params${path} is `), message);
      }),
    );
  });

  test('no prototype is touched by what is read back', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    assertRefused(JSON.parse('{"a":{"__proto__":{"polluted":true}}}'), /__proto__/u);
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});
