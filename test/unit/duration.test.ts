import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { duration, durationMs, formatDuration } from '../../dist/core/duration.js';
import { isGigqError } from '../../dist/core/errors.js';
import { limits } from '../../dist/core/limits.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const refused = (value: unknown): string => {
  try {
    durationMs(value as string, 'timeout');
  } catch (error) {
    assert.ok(isGigqError(error));
    assert.equal(error.code, 'invalid_duration');
    return error.message;
  }
  return assert.fail(`${String(value)} was taken`);
};

describe('durationMs', () => {
  const read: readonly (readonly [string, number])[] = [
    ['500ms', 500],
    ['5s', 5 * second],
    ['10m', 10 * minute],
    ['2h', 2 * hour],
    ['7d', 7 * day],
    ['0s', 0],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['0.4ms', 0],
    ['1h30m', 90 * minute],
    ['1d12h', 36 * hour],
    ['1m30s', 90 * second],
    ['1h30m5s', 90 * minute + 5 * second],
    ['1s500ms', 1500],
    ['36525d', limits.durationMs],
  ];
  for (const [text, ms] of read) {
    test(`reads ${text} as ${ms} ms, also when asked again`, () => {
      assert.equal(durationMs(text, 'timeout'), ms);
      assert.equal(durationMs(text, 'timeout'), ms);
    });
  }

  test('a bare number has no unit, and the error shows the strings to write', () => {
    const message = "timeout: 300 has no unit; write '300s' or '300ms'";
    assert.equal(refused(300), message);
    assert.equal(refused('300'), message.replace('300', "'300'"));
  });

  const malformed = ['', ' ', 's', '5', '5x', '.5s', '5.s', '1e3s', '+5s', '-5s', '5s5s', '30m1h'];
  for (const text of [...malformed, '1h 30m', ' 5s', '5s ', '5s\n', '5S', '5 s', '٣s', '5sec']) {
    test(`refuses ${JSON.stringify(text)}, naming the option`, () => {
      assert.match(refused(text), /^timeout: '.*write .*'\d/su);
    });
  }

  test('says what is wrong with it', () => {
    assert.match(refused('-5s'), /is negative/u);
    assert.equal(refused('1H 30m'), "timeout: '1H 30m' is not a duration; write '1h30m'");
    assert.match(refused('30m1h'), /largest first/u);
    assert.match(refused(Number.NaN), /^timeout: NaN is not a length of time/u);
  });

  const others = [Number.NaN, -1, null, undefined, {}, ['5s'], true, Symbol('x'), 5n, new Date(0)];
  for (const value of others) {
    test(`refuses ${inspect(value)}`, () => {
      assert.match(refused(value), /^timeout: .*write /u);
    });
  }

  test('a text that is too long to mean a duration is refused, and shown in part', () => {
    assert.ok(refused(`${'0'.repeat(1000)}5s`).length < 300);
  });

  test('over 100 years is refused', () => {
    const longest = "is over the longest duration, '36525d' (100 years)";
    assert.equal(refused('36525d1ms'), `timeout: '36525d1ms' ${longest}`);
    assert.equal(refused(Infinity), `timeout: Infinity ${longest}`);
  });

  test('reads every duration that can be written with its units in order', () => {
    const part = fc.option(fc.nat({ max: 999 }), { nil: undefined });
    fc.assert(
      fc.property(fc.tuple(part, part, part, part, part), (counts) => {
        const units: readonly (readonly [string, number])[] = [
          ['d', day],
          ['h', hour],
          ['m', minute],
          ['s', second],
          ['ms', 1],
        ];
        const parts = units.map(([unit], index) => {
          const count = counts[index];
          return count === undefined ? '' : `${count}${unit}`;
        });
        const text = parts.join('');
        fc.pre(text !== '');
        const sum = units.reduce((ms, [, unit], index) => ms + (counts[index] ?? 0) * unit, 0);
        assert.equal(durationMs(text, 'timeout'), sum);
      }),
    );
  });

  test('takes or refuses any text, and never answers with anything but whole milliseconds', () => {
    const character = fc.constantFrom(...Array.from('0123456789.dhms -e'));
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        try {
          const ms = durationMs(text, 'timeout');
          assert.ok(Number.isSafeInteger(ms) && ms >= 0, text);
        } catch (error) {
          assert.ok(isGigqError(error), text);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('duration', () => {
  test('gives back a string that is a duration', () => {
    assert.equal(duration('1h30m'), '1h30m');
  });

  test('takes a number as milliseconds', () => {
    assert.equal(duration(300), '300ms');
    assert.equal(duration(0), '0ms');
    assert.equal(duration(-0), '0ms');
    assert.equal(duration(1.6), '2ms');
  });

  test('shows a number as it was given', () => {
    assert.throws(() => duration(-1), /duration: -1 is not a length of time/u);
  });

  test('refuses what is neither', () => {
    for (const value of [Number.NaN, -1, Infinity, 1e300, '', '20', 'soon']) {
      assert.throws(() => duration(value), { code: 'invalid_duration', message: /^duration: / });
    }
  });
});

describe('formatDuration', () => {
  test('writes what a person would', () => {
    const written = [0, 250, 1000, 1500, 90_000, 5_400_000, 86_461_001, 172_800_000];
    const texts = ['0ms', '250ms', '1s', '1.5s', '1m30s', '1h30m', '1d1m1.001s', '2d'];
    assert.deepEqual(written.map(formatDuration), texts);
  });

  test('is read back as the same length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: limits.durationMs }), (ms) => {
        assert.equal(durationMs(formatDuration(ms), 'timeout'), ms);
      }),
    );
  });
});
