import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkTaskName } from '../../dist/core/task-name.js';

describe('the name of a task', () => {
  for (const name of ['greet', 'send-email', 'billing.invoice:v2', '_', 'x'.repeat(128)]) {
    test(`may be ${name.slice(0, 20)}`, () => assert.equal(checkTaskName(name), name));
  }

  const refused = [
    '',
    'a b',
    '../x',
    'a/b',
    'node:fs#rm',
    'é',
    'a\n',
    'x'.repeat(129),
    null,
    5,
    ['x'],
  ];
  for (const name of refused) {
    test(`may not be ${JSON.stringify(name).slice(0, 20)}`, () => {
      assert.throws(() => checkTaskName(name), { code: 'invalid_option', hint: /1 to 128/u });
    });
  }
});
