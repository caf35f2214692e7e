// Handlers at their worst: whatever one throws or returns, and whenever, its job ends as it should and the worker lives.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { JobDetails } from 'gigq';
import {
  overrun,
  overtime,
  returnBad,
  returned,
  throwBad,
  thrown,
} from '../fixtures/worker/bad-values.ts';
import { found, place, type Place } from '../helpers/worker-place.ts';

async function atWork(t: TestContext): Promise<Place> {
  const here = place(t);
  await here.started({ concurrency: 20 });
  return here;
}

async function detailsOf({ queue }: Place, id: string): Promise<JobDetails> {
  await queue
    .get(id)
    .result()
    .catch(() => undefined);
  return found(() => queue.getStatus(id), 'the job');
}

/** What was recorded of a job and its one run. */
function outcomeOf({ status, attempts, executions }: JobDetails): unknown {
  return [status, attempts, executions.map((execution) => execution.status)];
}

async function assertWorks({ queue }: Place): Promise<void> {
  const handle = await returnBad.submit(queue, { what: 'a promise of a promise' });
  assert.equal(await handle.result(), 7, 'the worker lives');
}

describe('what a handler throws fails its attempt with a bounded description', () => {
  for (const what of Object.keys(thrown)) {
    it(what, async (t) => {
      const here = await atWork(t);
      const { id } = await throwBad.submit(here.queue, { what });
      const details = await detailsOf(here, id);
      assert.deepEqual(outcomeOf(details), ['failed', 1, ['failed']]);
      assert.ok(JSON.stringify(details.error ?? assert.fail()).length < 30_000);
      await assertWorks(here);
    });
  }
});

describe('what a handler returns ends its job, without another run where the work was done', () => {
  for (const [what, { status, attempts = 1, result = null }] of Object.entries(returned)) {
    it(`${what}: ${status}`, async (t) => {
      const here = await atWork(t);
      const options = status === 'timeout' ? ({ timeout: '100ms', maxAttempts: 1 } as const) : {};
      const { id } = await returnBad.submit(here.queue, { what }, options);
      const details = await detailsOf(here, id);
      const runs = Array.from({ length: attempts }, () => status);
      assert.deepEqual(outcomeOf(details), [status, attempts, runs]);
      assert.deepEqual(details.result, result);
      await assertWorks(here);
    });
  }
});

describe('a handler that goes on after its time-out is recorded as timed out', () => {
  for (const what of Object.keys(overtime)) {
    it(`and by nothing else, if it ${what}`, async (t) => {
      const here = await atWork(t);
      const { id } = await overrun.submit(here.queue, { what });
      const details = await detailsOf(here, id);
      assert.deepEqual(outcomeOf(details), ['timeout', 1, ['timeout']]);
      await assertWorks(here);
      assert.deepEqual(outcomeOf(await detailsOf(here, id)), ['timeout', 1, ['timeout']]);
    });
  }
});
