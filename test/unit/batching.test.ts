import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOneBatch, stretches } from '../../dist/store/batching.js';
import { newJob, newJobs } from '../helpers/store-seam.ts';

function lengths(jobs: Parameters<typeof stretches>[0]): number[] {
  return Array.from(stretches(jobs), ({ length }) => length);
}

describe('jobs that are stored at once', () => {
  test('are written by statements of no more than 2,000 each', () => {
    assert.deepEqual(lengths(newJobs(2000)), [2000]);
    assert.deepEqual(lengths(newJobs(5000)), [2000, 2000, 1000]);
    assert.deepEqual(lengths([]), []);
  });

  test('are written by statements of no more than three megabytes each, and of one job at least', () => {
    const long = (id: string, megabytes: number) =>
      newJob(id, { params: JSON.stringify('x'.repeat(megabytes * 1_000_000)) });
    assert.deepEqual(lengths([long('a', 1), long('b', 1), long('c', 1), long('d', 1)]), [3, 1]);
    assert.deepEqual(lengths([long('a', 4), newJob('b'), long('c', 4)]), [1, 1, 1]);
    const described = newJobs(1000).map((job) => ({ ...job, description: 'x'.repeat(10_000) }));
    assert.deepEqual(lengths(described), [285, 285, 285, 145]);
  });

  test('go in one piece where that is one batch', () => {
    assert.ok(isOneBatch(newJobs(2000)));
    assert.ok(!isOneBatch(newJobs(2001)));
  });
});
