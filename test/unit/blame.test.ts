import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blame, type HeldJob, runsApart } from '../../dist/core/blame.js';

const innocent: HeldJob = { task: 'greet', suspect: false, crashes: 0 };
const suspect: HeldJob = { task: 'greet', suspect: true, crashes: 0 };

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

  test('a single suspect is taken for the one, and those beside it become suspects', () => {
    const kinds = inOneProcess({ ...innocent }, { ...suspect }, { ...innocent });
    assert.deepEqual(kinds, ['suspected', 'crashed', 'suspected']);
  });

  test('a suspect is not failed for a crash that it did not have alone', () => {
    const accused = { ...suspect, crashes: 2 };
    assert.deepEqual(inOneProcess({ ...innocent }, accused), ['suspected', 'expired']);
    assert.deepEqual(inOneProcess(accused), ['crashed']);
  });

  test('a job that ran in a process of its own is not, and does not stand for another', () => {
    const apart = { ...innocent };
    const isApart = (job: HeldJob): boolean => job === apart;
    assert.deepEqual(blame([apart, { ...innocent }], 'died', isApart), ['lost', 'crashed']);
  });

  test('in which nothing ran, what ran apart may have ended it', () => {
    const isApart = (): boolean => true;
    assert.deepEqual(blame([{ ...innocent }], 'died', isApart), ['crashed']);
    const two = [{ ...innocent }, { ...innocent }];
    assert.deepEqual(blame(two, 'died', isApart), ['expired', 'expired']);
  });

  test('nobody is to blame for a silence, nor for the end of what was told to stop', () => {
    const jobs = [{ ...suspect }, { ...innocent }];
    const isApart = (): boolean => false;
    assert.deepEqual(blame(jobs, 'silent', isApart), ['expired', 'expired']);
    assert.deepEqual(blame(jobs, 'stopped', isApart), ['lost', 'lost']);
  });
});

describe('a worker runs apart', () => {
  const worker = { processTasks: ['render'], moduleTasks: ['render', 'greet'] };

  test('the tasks that ask for it, and suspects that it can import', () => {
    assert.ok(runsApart(worker, { ...innocent, task: 'render' }));
    assert.ok(runsApart(worker, suspect));
    assert.ok(!runsApart(worker, innocent));
    assert.ok(!runsApart(worker, { ...suspect, task: 'inline' }));
  });
});
