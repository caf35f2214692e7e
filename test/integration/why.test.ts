// Why a job does not run, in every state that it can be in.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { Job, RetryLater, task, Workflow } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { found, Gate, next, type Place, place } from '../helpers/worker-place.ts';

const noop = task('why.noop', async () => 'done');
const broken = task('why.broken', { maxAttempts: 2, retryDelay: '1h' }, async () => {
  throw new Error('it broke');
});
const putOff = task('why.put-off', async () => {
  throw new RetryLater('1h');
});
let gate = new Gate();
const held = task('why.held', async () => gate.passed);

async function codes({ queue }: Place, id: string): Promise<readonly string[]> {
  return (await queue.why(id)).reasons.map(({ code }) => code);
}

async function text({ queue }: Place, id: string): Promise<string> {
  return (await queue.why(id)).reasons.map(({ message }) => message).join('\n');
}

describe('why', () => {
  it('a state that is none: that somebody has changed the row', async (t) => {
    const here = place(t);
    const { id } = await noop.submit(here.queue);
    const database = new DatabaseSync(here.database);
    database.exec("UPDATE gigq_jobs SET status = 'toString'");
    database.close();
    assert.deepEqual(await codes(here, id), ['status_unknown']);
    assert.match(await text(here, id), /'toString', which is no state.*gigq doctor/u);
  });

  it('scheduled: until when', async (t) => {
    const here = place(t);
    const { id } = await noop.submit(here.queue, {}, { delay: '1h' });
    assert.deepEqual(await codes(here, id), ['scheduled']);
    assert.match(await text(here, id), /scheduled for 20\d\d-.+Z \(in (?:1h|59m\d+s)\)\./u);
  });

  it('scheduled: which attempt, and what went wrong with the last', async (t) => {
    const here = place(t);
    const { id } = await broken.submit(here.queue);
    await here.worker().drain();
    assert.match(await text(here, id), /attempt 2 of 2, after Error: it broke/u);
  });

  it('pending: no live worker knows the task', async (t) => {
    const here = place(t);
    const { id } = await noop.submit(here.queue);
    assert.deepEqual(await codes(here, id), ['no_worker_for_task']);
    assert.match(await text(here, id), /'why\.noop'.*gigq worker --tasks/u);
    await here.started({ tasks: [held] });
    assert.deepEqual(await codes(here, id), ['no_worker_for_task'], 'one for another task');
  });

  it('pending: no worker that knows it serves its queue', async (t) => {
    const here = place(t);
    const { id } = await noop.submit(here.queue, {}, { queue: 'mail' });
    await here.started({ queues: ['other'] });
    assert.deepEqual(await codes(here, id), ['no_worker_for_queue']);
    assert.match(await text(here, id), /queue 'mail'/u);
  });

  it('pending: behind others, in the order of claiming, and all slots are taken', async (t) => {
    const here = place(t);
    gate = new Gate();
    const worker = await here.started({ workerId: 'busy', queues: ['default', 'side'] });
    const started = next(worker, 'started');
    const first = await held.submit(here.queue);
    await started;
    await noop.submit(here.queue, {}, { priority: 5 });
    await noop.submit(here.queue, {}, { priority: 9, queue: 'side' });
    await noop.submit(here.queue, {}, { priority: 9, queue: 'elsewhere' });
    await here.queue.submit(new Job({ task: 'why.unknown', priority: 9 }));
    await noop.submit(here.queue);
    const { id } = await noop.submit(here.queue);
    await noop.submit(here.queue);
    assert.deepEqual(await codes(here, id), ['behind', 'slots_busy']);
    assert.match(
      await text(here, id),
      /behind 2 jobs of higher priority and 1 job that came first\./u,
    );
    assert.match(await text(here, id), /All 1 slots of its workers are taken \(busy\)/u);
    assert.match(
      await text(here, first.id),
      /^It runs at busy \(worker busy, process \d+ on .+\) since 20.+ago\), attempt 1 of 3, with a timeout of 300s\.$/u,
    );
    gate.open();
    await first.result();
  });

  it('blocked: which parents, and why those do not run', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Why');
    const roots = ['r1', 'r2', 'r3', 'r4'].map((name) => workflow.addTask(noop, {}, { name }));
    const middle = workflow.addTask(noop, {}, { name: 'middle', dependsOn: roots });
    const last = workflow.addTask(noop, {}, { name: 'last', dependsOn: [middle] });
    await workflow.submitAll(here.queue);
    const { status, reasons } = await here.queue.why(last.id);
    assert.equal(status, 'blocked');
    assert.match(reasons[0]?.message ?? '', /its parent: 'middle' \(.+\) is blocked\./u);
    assert.match(reasons[1]?.message ?? '', /^'r1' \(.+\): No live worker knows the task/u);
    assert.match(await text(here, middle.id), /4 parents: 'r1' .+ is pending, .+, and 1 more\./u);
  });

  it('blocked: a parent ended badly, and the job waits on', async (t) => {
    const here = place(t);
    const parent = await noop.submit(here.queue);
    const options = { dependencies: [parent.id], onParentFailure: 'wait' } as const;
    const { id } = await noop.submit(here.queue, {}, options);
    await parent.cancel();
    assert.deepEqual((await codes(here, id)).slice(0, 2), ['parents', 'parent_ended']);
    assert.match(await text(here, id), /was cancelled, and it waits on .*Requeue that parent/u);
  });

  it('blocked: a parent that ended badly is named before those that go on', async (t) => {
    const here = place(t);
    const handles = await noop.submitMany(here.queue, [{}, {}, {}, {}], { delay: '1h' });
    const ids = handles.map(({ id }) => id);
    const options = { dependencies: ids, onParentFailure: 'wait' } as const;
    const { id } = await noop.submit(here.queue, {}, options);
    await handles.at(-1)?.cancel();
    assert.match(
      await text(here, id),
      new RegExp(`4 parents: [^,]+${ids.at(-1)}\\) was cancelled,`, 'u'),
    );
  });

  it('ended: how, and what to do', async (t) => {
    const here = place(t);
    const good = await noop.submit(here.queue);
    const bad = await broken.submit(here.queue, {}, { maxAttempts: 1 });
    const gone = await noop.submit(here.queue, {}, { delay: '1h' });
    const taken = await noop.submit(here.queue, {}, { dependencies: [bad.id] });
    await gone.cancel();
    await here.worker().drain();
    assert.match(await text(here, good.id), /^It completed at 20/u);
    assert.match(
      await text(here, bad.id),
      /failed for good after attempt 1 of 1.*Error: it broke\..*Requeue/u,
    );
    assert.match(await text(here, gone.id), /^It was cancelled at .*Requeue it/u);
    assert.deepEqual(await codes(here, taken.id), ['parent_ended', 'requeue_parent']);
    assert.match(
      await text(here, taken.id),
      new RegExp(`Its parent ${bad.id} ended as failed`, 'u'),
    );
  });

  it('taken down by way of others: where it began', async (t) => {
    const here = place(t);
    const bad = await broken.submit(here.queue, {}, { maxAttempts: 1, name: 'root' });
    const child = await noop.submit(here.queue, {}, { dependencies: [bad.id] });
    const grandchild = await noop.submit(here.queue, {}, { dependencies: [child.id] });
    await here.worker().drain();
    const began = new RegExp(`began when 'root' \\(${bad.id}\\) failed\\. Requeue that`, 'u');
    assert.match(await text(here, grandchild.id), began);
    assert.equal(await here.queue.requeueJob(grandchild.id), false);
    await assert.rejects(grandchild.result(), { code: 'job_cancelled', hint: /where it began/u });
    assert.equal(await here.queue.requeueJob(bad.id), true);
    assert.equal(await grandchild.status(), 'blocked');
  });

  it('due, but nobody is there: as for a job that is ready', async (t) => {
    const here = place(t);
    const { id } = await noop.submit(here.queue, {}, { delay: '1ms' });
    await found(async () => (await codes(here, id))[0] === 'due', 'its time');
    assert.deepEqual(await codes(here, id), ['due', 'no_worker_for_task']);
  });

  it('put off by its handler: until when, and what it said', async (t) => {
    const here = place(t);
    const { id } = await putOff.submit(here.queue);
    await here.worker().drain();
    assert.match(await text(here, id), /attempt 1 of 3, after RetryLater: .*in 1h/u);
  });

  it('blocked behind thousands of others: says that the search was ended', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Long');
    let last = workflow.addTask(noop);
    for (let n = 0; n < 5500; n += 1) last = workflow.addTask(noop, {}, { dependsOn: [last] });
    await workflow.submitAll(here.queue);
    assert.deepEqual(await codes(here, last.id), ['parents', 'search_ended']);
  });

  it('of no job is an error', async (t) => {
    const here = place(t);
    await assert.rejects(here.queue.why('nobody'), { name: 'JobNotFoundError' });
    await assert.rejects(here.queue.why(untyped(5)), { code: 'invalid_option' });
  });
});
