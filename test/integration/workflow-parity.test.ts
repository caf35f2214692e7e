// The faults of the original that users of workflows would meet, by their numbers in the list of parity: ours has none.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Job, task, Workflow } from 'gigq';
import { place } from '../helpers/worker-place.ts';

const ran: string[] = [];
const note = task('wp.note', async ({ name }: { name: string }) => {
  ran.push(name);
  return name;
});
const parents = task('wp.parents', async (_: {}, { parentResults }) =>
  Object.values(parentResults),
);
const fail = task('wp.fail', { maxAttempts: 1 }, async () => {
  throw new Error('no');
});

describe('parity of workflows', () => {
  it('[B] #5: priority counts for jobs that have dependencies', async (t) => {
    const here = place(t);
    ran.length = 0;
    const parent = await note.submit(here.queue, { name: 'parent' }, { priority: 9 });
    await note.submit(here.queue, { name: 'low' });
    const options = { dependencies: [parent.id], priority: 5, passParentResults: false };
    await note.submit(here.queue, { name: 'high' }, options);
    await here.worker().drain();
    assert.deepEqual(ran, ['parent', 'high', 'low']);
  });

  it('[B] #6: a dependency that is not there, and a cycle, are refused', async (t) => {
    const { queue } = place(t);
    const submit = note.submit(queue, { name: 'x' }, { dependencies: ['nobody'] });
    await assert.rejects(submit, { code: 'parent_missing' });
    const self = new Job({ task: note, params: { name: 'x' }, id: 'me', dependencies: ['me'] });
    await assert.rejects(queue.submit(self), { code: 'workflow_cycle' });
    assert.equal((await queue.stats()).total, 0);
  });

  it('[B] #23: dependents of a cancelled job do not wait for ever', async (t) => {
    const { queue } = place(t);
    const parent = await note.submit(queue, { name: 'parent' });
    const child = await parents.submit(queue, {}, { dependencies: [parent.id] });
    await parent.cancel();
    await assert.rejects(child.result({ timeout: '10s' }), { code: 'job_cancelled' });
    assert.ok((await queue.getStatus(child.id))?.completedAt instanceof Date);
  });

  it('[B] #29: clearing a cancelled parent releases nobody', async (t) => {
    const here = place(t);
    const parent = await note.submit(here.queue, { name: 'parent' });
    const options = { dependencies: [parent.id], onParentFailure: 'wait' } as const;
    const child = await parents.submit(here.queue, {}, options);
    await parent.cancel();
    assert.equal(await here.queue.clearCompleted(), 0);
    assert.equal(await here.worker().drain(), 0);
    assert.equal(await child.status(), 'blocked');
  });

  it('[B] #29: clearing a completed parent takes its result from nobody', async (t) => {
    const here = place(t);
    const parent = await note.submit(here.queue, { name: 'parent' });
    const child = await parents.submit(here.queue, {}, { dependencies: [parent.id] });
    const worker = here.worker();
    await worker.processOne();
    assert.equal(await here.queue.clearCompleted(), 0);
    await worker.drain();
    assert.deepEqual(await child.result(), ['parent']);
    assert.equal(await here.queue.clearCompleted(), 2);
  });

  it('[B] #30: requeueing a parent brings its dependents back', async (t) => {
    const here = place(t);
    const parent = await fail.submit(here.queue);
    const child = await parents.submit(here.queue, {}, { dependencies: [parent.id] });
    await here.worker().drain();
    assert.equal(await child.status(), 'cancelled');
    assert.equal(await here.queue.requeueJob(parent.id), true);
    assert.equal(await child.status(), 'blocked');
  });

  it('[B] #37: a steady stream of plain jobs does not starve a workflow', async (t) => {
    const here = place(t);
    const stream = task('wp.stream', async ({ left }: { left: number }) => {
      if (left > 0) await stream.submit(here.queue, { left: left - 1 });
    });
    const parent = await note.submit(here.queue, { name: 'parent' });
    const child = await parents.submit(here.queue, {}, { dependencies: [parent.id] });
    for (let n = 0; n < 5; n += 1) await stream.submit(here.queue, { left: 1000 });
    const worker = here.worker();
    let jobs = 0;
    while ((await child.status()) !== 'completed') {
      assert.equal(await worker.processOne(), true);
      jobs += 1;
    }
    assert.ok(jobs <= 7, `it ran as job ${jobs}`);
  });

  it('[B] #38: a job whose parent failed does not wait for ever, and none runs without its parents', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Failing');
    const failing = workflow.addTask(fail);
    const child = workflow.addTask(note, { name: 'child' }, { dependsOn: [failing] });
    await workflow.submitAll(here.queue);
    ran.length = 0;
    await here.worker().drain();
    assert.equal((await here.queue.getStatus(child.id))?.status, 'cancelled');
    assert.deepEqual(ran, []);
  });

  it('[B] #51: a workflow is stored whole or not at all, and in any order', async (t) => {
    const here = place(t);
    const half = new Workflow('Half');
    half.addTask(note, { name: 'first' });
    half.addJob(new Job({ task: note, params: { name: 'second' }, dependencies: ['nobody'] }));
    await assert.rejects(half.submitAll(here.queue), { code: 'parent_missing' });
    assert.equal((await here.queue.stats()).total, 0);

    const reversed = new Workflow('Reversed');
    const child = new Job({ task: note, params: { name: 'child' }, dependencies: ['parent'] });
    reversed.addJob(child);
    reversed.addJob(new Job({ task: note, params: { name: 'parent' }, id: 'parent' }));
    await reversed.submitAll(here.queue);
    ran.length = 0;
    await here.worker().drain();
    assert.deepEqual(ran, ['parent', 'child']);
  });
});
