import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inheritedFlags } from '../../dist/worker/inherited-flags.js';

const cases: readonly (readonly [what: string, flags: string[], inherited: string[]])[] = [
  ['nothing', [], []],
  [
    'loaders and conditions',
    ['--import', 'tsx', '-r', './a.cjs'],
    ['--import', 'tsx', '-r', './a.cjs'],
  ],
  [
    'limits',
    ['--max-old-space-size=512', '--no-warnings'],
    ['--max-old-space-size=512', '--no-warnings'],
  ],
  [
    'no debugger',
    ['--inspect-brk=0', '--inspect-port', '0', '--inspect', '-C', 'dev'],
    ['-C', 'dev'],
  ],
  ['no watch mode', ['--watch', '--watch-path', 'src', '--no-warnings'], ['--no-warnings']],
  ['no test run', ['--test', '--test-name-pattern', 'one', '--import', 'x'], ['--import', 'x']],
  ['no program', ['--import', 'x', '-e', 'main()'], ['--import', 'x']],
  ['no program to print', ['--input-type=module', '-p', '1 + 1'], []],
  [
    'what only begins alike',
    ['--preserve-symlinks', '--testing'],
    ['--preserve-symlinks', '--testing'],
  ],
];

describe('the processes of a service take over', () => {
  for (const [what, flags, inherited] of cases)
    test(what, () => assert.deepEqual(inheritedFlags(flags), inherited));
});
