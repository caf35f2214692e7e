import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blame, type HeldJob, runsApart } from '../../dist/core/blame.js';

const innocent: HeldJob = { task: 'greet', suspect: false };
const suspect: HeldJob = { task: 'greet', suspect: true };

function inOneProcess(...jobs: readonly HeldJob[]): readonly string[] {
  return blame(jobs, 'died', () => false);
}

describe('when a process dies', () => {
  test('the only job in it is to blame', () => {
    assert.deepEqual(inOneProcess({ ...innocent }), ['crashed']);
    assert.deepEqual(inOneProcess({ ...suspect }), ['crashed']);
  });

  test('each of several may be', () => {
    assert.deepEqual(inOneProcess({ ...innocent }, { ...innocent }), ['suspected', 'suspected']);
    const two = inOneProcess({ ...suspect }, { ...suspect }, { ...innocent });
    assert.deepEqual(two, ['suspected', 'suspected', 'suspected']);
  });

  test('a single suspect is, and those beside it have nothing to do with it', () => {
    const kinds = inOneProcess({ ...innocent }, { ...suspect }, { ...innocent });
    assert.deepEqual(kinds, ['lost', 'crashed', 'lost']);
  });

  test('a job that ran in a process of its own is not, and makes none of the others the only one', () => {
    const apart = { ...innocent };
    const isApart = (job: HeldJob): boolean => job === apart;
    assert.deepEqual(blame([apart, { ...innocent }], 'died', isApart), ['expired', 'crashed']);
    assert.deepEqual(blame([apart], 'died', isApart), ['expired']);
  });

  test('nobody is to blame for a silence', () => {
    assert.deepEqual(
      blame([{ ...suspect }], 'silent', () => false),
      ['expired'],
    );
  });
});

describe('a worker runs apart', () => {
  const worker = { processTasks: ['render'], moduleTasks: ['render', 'greet'] };

  test('the tasks that ask for it, and suspects that it can import', () => {
    assert.ok(runsApart(worker, { task: 'render', suspect: false }));
    assert.ok(runsApart(worker, suspect));
    assert.ok(!runsApart(worker, innocent));
    assert.ok(!runsApart(worker, { task: 'inline', suspect: true }));
  });
});
