import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type JobFilter, JobNotFoundError, JobQueue, task } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { HandWorker } from '../helpers/hand-worker.ts';
import { assertRefused } from '../helpers/rejection.ts';

const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);
const other = task('other', () => 1);

function memory(): JobQueue {
  return new JobQueue(':memory:', { inPlace: true });
}

describe('listing jobs', () => {
  test('shows the latest first, a page at a time', async () => {
    await using queue = memory();
    const handles = await greet.submitMany(
      queue,
      Array.from({ length: 250 }, () => ({})),
    );
    const expected = handles.map(({ id }) => id).toReversed();
    assert.equal((await queue.listJobs()).length, 100);
    const seen: string[] = [];
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const page = await queue.listJobs({ limit: 90, ...(before !== undefined && { before }) });
      seen.push(...page.map(({ id }) => id));
      if (page.length < 90) break;
    }
    assert.deepEqual(seen, expected);
  });

  test('takes only those that were asked for', async () => {
    await using queue = memory();
    const worker = await HandWorker.register(queue, 'greet');
    const running = await greet.submit(queue);
    await worker.claim();
    const cancelled = await other.submit(queue);
    await cancelled.cancel();
    const pending = await other.submit(queue, undefined, { queue: 'slow' });
    const ids = async (filter: JobFilter): Promise<string[]> =>
      (await queue.listJobs(filter)).map(({ id }) => id);
    assert.deepEqual(await ids({ status: 'running' }), [running.id]);
    assert.deepEqual(await ids({ status: ['running', 'cancelled'] }), [cancelled.id, running.id]);
    assert.deepEqual(await ids({ status: [] }), []);
    assert.deepEqual(await ids({ task: 'other' }), [pending.id, cancelled.id]);
    assert.deepEqual(await ids({ queue: 'slow' }), [pending.id]);
    assert.deepEqual(await ids({ workerId: 'hand-0' }), [running.id]);
    assert.deepEqual(await ids({ workerId: 'hand' }), [running.id]);
    assert.deepEqual(await ids({ task: 'greet', status: 'pending' }), []);
  });

  test('finds what is far away', async () => {
    await using queue = memory();
    const first = await other.submit(queue);
    await greet.submitMany(
      queue,
      Array.from({ length: 25_000 }, () => ({})),
    );
    assert.deepEqual(
      (await queue.listJobs({ task: 'other' })).map(({ id }) => id),
      [first.id],
    );
  });

  test('after a job that is gone is an error', async () => {
    await using queue = memory();
    await assert.rejects(queue.listJobs({ before: 'nobody' }), JobNotFoundError);
  });

  const refused: readonly [filter: unknown, message: RegExp][] = [
    [{ status: 'done' }, /status: expected 'blocked' or .*, got 'done'/u],
    [{ status: ['failed', 'done'] }, /status\[1\]: expected/u],
    [{ limit: 0 }, /limit: expected an integer from 1 to 1000, got 0/u],
    [{ limit: 1001 }, /limit: expected an integer from 1 to 1000/u],
    [{ limit: -1 }, /limit: expected an integer/u],
    [{ offset: 5 }, /^listJobs\(\): unknown option 'offset'/u],
    [{ workflowId: 5 }, /workflowId: expected a string/u],
    [{ task: 5 }, /task: expected a string/u],
    ['failed', /expected an object of options, got 'failed'/u],
  ];
  for (const [filter, message] of refused) {
    test(`${JSON.stringify(filter)} is refused`, async () => {
      await using queue = memory();
      await assertRefused(() => queue.listJobs(untyped(filter)), 'invalid_option', message);
    });
  }
});
