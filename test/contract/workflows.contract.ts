import assert from 'node:assert/strict';
import {
  anyJob,
  completed,
  failedForGood,
  newJob,
  newJobs,
  waitsFor,
} from '../helpers/store-seam.ts';
import { assertCounted, child, runEverything, statuses } from '../helpers/store-parents.ts';
import type { Suite } from './contract.ts';

export const workflows: Suite = (holds) => {
  const workflow = { id: 'w', name: 'Nightly' };

  holds('a workflow keeps count of its jobs, and its status follows', async (seam) => {
    const createdAtMs = seam.clock.wall();
    const jobs = [newJob('a'), child('b', ['a'])];
    assert.deepEqual(await seam.call('enqueueWorkflow', { workflow, jobs }), ['stored', 'stored']);
    assert.equal((await seam.job('b')).workflow, 'w');
    const fresh = await seam.call('workflow', 'w');
    assert.partialDeepStrictEqual(fresh, {
      ...workflow,
      status: 'running',
      completedAtMs: null,
      createdAtMs,
    });
    assert.partialDeepStrictEqual(fresh?.jobs, { pending: 1, blocked: 1, completed: 0 });
    await seam.clock.advance(1000);
    const worker = await seam.worker();
    const claimed = await worker.takeOne();
    assert.equal(claimed.workflow, 'w');
    await worker.end(claimed, completed);
    await runEverything(worker);
    const ended = await seam.call('workflow', 'w');
    assert.partialDeepStrictEqual(ended, { status: 'completed', completedAtMs: seam.clock.wall() });
    assert.equal(ended?.jobs.completed, 2);
  });

  holds('a workflow without jobs is completed', async (seam) => {
    assert.deepEqual(await seam.call('enqueueWorkflow', { workflow, jobs: [] }), []);
    assert.equal((await seam.call('workflow', 'w'))?.status, 'completed');
  });

  holds('the worst ending of its jobs is that of a workflow', async (seam) => {
    const worker = await seam.worker();
    await seam.call('enqueueWorkflow', {
      workflow,
      jobs: [newJob('a'), child('b', ['a']), newJob('c')],
    });
    await runEverything(worker, { a: failedForGood });
    assert.equal((await seam.call('workflow', 'w'))?.status, 'failed');
    await seam.call('enqueueWorkflow', { workflow: { id: 'v', name: 'v' }, jobs: [newJob('d')] });
    await seam.call('cancel', ['d']);
    assert.equal((await seam.call('workflow', 'v'))?.status, 'cancelled');
  });

  holds('a workflow that is stored again grows by what is new', async (seam) => {
    await seam.call('enqueueWorkflow', { workflow, jobs: [newJob('a')] });
    await runEverything(await seam.worker());
    const jobs = [newJob('a'), child('b', ['a'])];
    const replies = await seam.call('enqueueWorkflow', { workflow, jobs });
    assert.deepEqual(replies, ['duplicate', 'stored']);
    assert.equal((await seam.call('workflow', 'w'))?.status, 'running');
  });

  holds(
    'cancelling a workflow ends all that has not ended, running jobs included',
    async (seam) => {
      await seam.enqueue(newJob('outside'));
      const jobs = [
        newJob('done'),
        newJob('runs'),
        child('run', ['runs'], 'run'),
        child('late', ['run']),
        child('both', ['late', 'outside']),
      ];
      await seam.call('enqueueWorkflow', { workflow, jobs });
      await seam.enqueue(child('dependent', ['late']));
      const worker = await seam.worker();
      const claimed = await worker.take(3);
      await worker.end(claimed.find(({ id }) => id === 'done') ?? assert.fail(), completed);
      assert.equal(await seam.call('cancelWorkflow', 'w'), 4);
      assert.deepEqual(await statuses(seam, 'done', 'runs', 'run', 'late', 'both', 'outside'), [
        'completed',
        'cancelled',
        'cancelled',
        'cancelled',
        'cancelled',
        'running',
      ]);
      assert.equal(
        await seam.statusOf('dependent'),
        'cancelled',
        'who depends from outside as well',
      );
      assert.equal(
        await worker.end(claimed.find(({ id }) => id === 'runs') ?? assert.fail(), completed),
        'lost',
      );
      assert.equal((await seam.call('workflow', 'w'))?.status, 'cancelled');
      await assertCounted(seam);
      assert.equal(await seam.call('requeueWorkflow', 'w'), 5, 'with the dependent outside');
      assert.deepEqual(await statuses(seam, 'runs', 'run', 'late', 'both', 'dependent'), [
        'pending',
        'blocked',
        'blocked',
        'blocked',
        'blocked',
      ]);
      await assertCounted(seam);
    },
  );

  holds(
    'requeueing a workflow brings back what has failed and what that took down',
    async (seam) => {
      // The dependents first: what comes back must not depend on the order in which they were stored.
      const jobs = [child('c', ['b']), child('b', ['a']), newJob('a'), newJob('x')];
      await seam.call('enqueueWorkflow', { workflow, jobs });
      const worker = await seam.worker();
      await runEverything(worker, { a: failedForGood, x: failedForGood });
      assert.equal(await seam.call('requeueWorkflow', 'w'), 4);
      assert.deepEqual(await runEverything(worker), ['a', 'x', 'b', 'c']);
      assert.equal((await seam.call('workflow', 'w'))?.status, 'completed');
      assert.equal(await seam.call('requeueWorkflow', 'w'), 0);
    },
  );

  holds('workflows are listed newest first, by status and page', async (seam) => {
    for (const id of ['w1', 'w2', 'w3']) {
      await seam.call('enqueueWorkflow', { workflow: { id, name: id }, jobs: [newJob(id)] });
    }
    await seam.call('cancel', ['w2']);
    const ids = async (request: object): Promise<readonly string[]> => {
      const whole = { status: null, limit: 10, before: null, ...request };
      return (await seam.call('workflows', whole)).map(({ id }) => id);
    };
    assert.deepEqual(await ids({}), ['w3', 'w2', 'w1']);
    assert.deepEqual(await ids({ status: 'running' }), ['w3', 'w1']);
    assert.deepEqual(await ids({ limit: 1, before: 'w3' }), ['w2']);
    await assert.rejects(ids({ before: 'nobody' }), { code: 'job_not_found' });
  });

  holds('a workflow goes with the last of its jobs', async (seam) => {
    await seam.call('enqueueWorkflow', { workflow, jobs: [newJob('a'), child('b', ['a'])] });
    await runEverything(await seam.worker());
    await seam.clock.advance(1);
    const removed = [await seam.call('prune', { before: null, after: null })];
    assert.equal(removed[0]?.removed, 2);
    assert.equal(await seam.call('workflow', 'w'), null);
  });

  holds('what is pruned changes nothing of how a workflow ended', async (seam) => {
    await seam.call('enqueueWorkflow', { workflow, jobs: [newJob('a'), newJob('b')] });
    await seam.call('cancel', ['a']);
    await seam.clock.advance(1000);
    const worker = await seam.worker();
    await runEverything(worker);
    const before = await seam.call('workflow', 'w');
    await seam.clock.advance(1);
    assert.equal((await seam.call('prune', { before: { agoMs: 500 }, after: null })).removed, 1);
    const { jobs: _, ...after } = (await seam.call('workflow', 'w')) ?? assert.fail();
    assert.partialDeepStrictEqual(before, after);
    assert.equal(after.status, 'cancelled');
  });

  holds('jobs are listed by their workflow', async (seam) => {
    await seam.call('enqueueWorkflow', { workflow, jobs: [newJob('a'), newJob('b')] });
    await seam.enqueue(newJob('c'));
    const filter = {
      ...anyJob,
      limit: 10,
      before: null,
    };
    const page = await seam.call('list', { ...filter, workflow: 'w' });
    assert.deepEqual(
      page.jobs.map(({ id }) => id),
      ['b', 'a'],
    );
  });
};

export const sizes: Suite = (holds) => {
  const many = 10_000;

  holds('completing one of 10,000 parents changes a few rows', async (seam, store) => {
    const jobs = newJobs(many);
    await seam.enqueue(
      ...jobs,
      child(
        'c',
        jobs.map(({ id }) => id),
      ),
    );
    const worker = await seam.worker();
    const [first, second] = await worker.take(2);
    let before = await store.writes();
    await worker.end(first ?? assert.fail(), completed);
    const few = (await store.writes()) - before;
    assert.ok(few <= 5, `${few} rows were written`);
    await seam.enqueue(newJob('alone', { priority: 9 }));
    const alone = await worker.takeOne();
    before = await store.writes();
    await worker.end(alone, completed);
    const plain = (await store.writes()) - before;
    before = await store.writes();
    await worker.end(second ?? assert.fail(), completed);
    assert.equal((await store.writes()) - before, plain + 1, 'one more than for a plain job');
  });

  holds('a chain of 10,000 ends with its root, in the same transaction', async (seam) => {
    const jobs = newJobs(many).map((job, at) =>
      at === 0 ? job : { ...job, ...waitsFor([`job-${at - 1}`]) },
    );
    await seam.call('enqueueWorkflow', { workflow: { id: 'chain', name: 'chain' }, jobs });
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failedForGood);
    assert.deepEqual(await seam.counted(), { failed: 1, cancelled: many - 1 });
    assert.equal((await seam.call('workflow', 'chain'))?.status, 'failed');
    assert.deepEqual(await seam.call('requeue', ['job-0']), [true]);
    assert.deepEqual(await seam.counted(), { pending: 1, blocked: many - 1 });
  });

  holds('a random graph of 10,000 whose root fails ends as a whole', async (seam) => {
    let state = 42;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) % 2 ** 31;
      return Math.floor((Math.abs(state) / 2 ** 31) * below);
    };
    const jobs = newJobs(many).map((job, at) => {
      const links = new Set(Array.from({ length: Math.min(at, 3) }, () => `job-${draw(at)}`));
      return at === 0 ? job : { ...job, ...waitsFor([...links]) };
    });
    await seam.enqueue(...jobs);
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failedForGood);
    assert.deepEqual(await seam.counted(), { failed: 1, cancelled: many - 1 });
    assert.deepEqual(await seam.call('requeue', ['job-0']), [true]);
    assert.deepEqual(await seam.counted(), { pending: 1, blocked: many - 1 });
  });
};
