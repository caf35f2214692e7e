import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readSettings, type Settings, sized, UsageError } from '../../bench/settings.ts';

const main = join(import.meta.dirname, '../../bench/main.ts');
const usual = { sqlite: ['drain', 'submit'], postgres: ['drain'] };
const names = { known: ['drain', 'submit', 'soak'], usual };
const read = (...args: string[]): Settings => readSettings(args, names);

const refused = (...args: string[]): string => {
  try {
    read(...args);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  return assert.fail(`${args.join(' ')} was taken`);
};

describe('the command line of the bench', () => {
  test('without a name it runs the usual benches, three rounds each, at full durability', () => {
    const { benches, rounds, durability, quick, jobs } = read();
    assert.deepEqual(benches, ['drain', 'submit']);
    assert.deepEqual(
      { rounds, durability, quick },
      { rounds: 3, durability: 'full', quick: false },
    );
    assert.equal(jobs, undefined);
  });

  test('on a server it runs what is usual there', () => {
    assert.deepEqual(read('--store', 'postgres').benches, ['drain']);
  });

  test('a bench that is named runs, also one that does not run by itself', () => {
    const settings = read('soak', '--jobs', '5', '--concurrency', '7', '--durability', 'relaxed');
    assert.deepEqual(settings.benches, ['soak']);
    assert.equal(settings.concurrency, 7);
    assert.equal(settings.durability, 'relaxed');
    assert.equal(sized(settings, 20_000), 5);
  });

  test('a quick run takes a tenth of everything once, unless it is told otherwise', () => {
    assert.equal(read('--quick').rounds, 1);
    assert.equal(read('--quick', '--rounds', '2').rounds, 2);
    assert.equal(sized(read('--quick'), 20_000), 2000);
    assert.equal(sized(read(), 20_000), 20_000);
  });

  test('peers and cases are lists', () => {
    assert.deepEqual(read('--peers', 'plainjob,bullmq').peers, ['plainjob', 'bullmq']);
    assert.equal(read().cases, undefined);
  });

  test('what there is not is refused, and what there is is named', () => {
    assert.equal(
      refused('nonsense'),
      'There is no bench called nonsense. There are: drain, submit, soak.',
    );
    assert.equal(refused('--store', 'redis'), '--store takes one of sqlite, postgres, not redis.');
    assert.equal(
      refused('--durability', 'none'),
      '--durability takes one of full, relaxed, not none.',
    );
    assert.match(refused('--speed', 'high'), /--speed/u);
  });

  for (const value of ['0', '-1', '1.5', 'many', '']) {
    test(`${JSON.stringify(value)} is no number of jobs, rounds or slots`, () => {
      for (const option of ['--jobs', '--rounds', '--concurrency']) {
        assert.equal(
          refused(`${option}=${value}`),
          `${option} takes a whole number above 0, not ${value}.`,
        );
      }
    });
  }

  test('a wrong command line ends with 2 and says what is wrong', () => {
    for (const [args, message] of [
      [['nonsense'], /^There is no bench called nonsense\. There are: drain, /u],
      [['drain', '--jobs', 'many'], /^--jobs takes a whole number above 0, not many\./u],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });
});
