import assert from 'node:assert/strict';
import { decide } from '../../dist/core/decide.js';
import {
  completed,
  failed,
  failedForGood,
  newJob,
  newJobs,
  postponed,
  released,
  timedOut,
} from '../helpers/store-seam.ts';
import { assertCounted, child, runEverything, statuses } from '../helpers/store-parents.ts';
import type { Suite } from './contract.ts';

export const parents: Suite = (holds) => {
  holds('a job is blocked until its parents have completed, then runs', async (seam) => {
    await seam.enqueue(newJob('p1'), newJob('p2'), child('c', ['p1', 'p2']));
    const worker = await seam.worker();
    assert.equal(await seam.statusOf('c'), 'blocked');
    const [first, second] = await worker.take(3);
    await worker.end(first ?? assert.fail(), completed);
    assert.equal(await seam.statusOf('c'), 'blocked');
    await worker.end(second ?? assert.fail(), completed);
    assert.equal(await seam.statusOf('c'), 'pending');
    assert.deepEqual(await runEverything(worker), ['c']);
    await assertCounted(seam);
  });

  holds('parents that end in one batch release their dependent once', async (seam) => {
    await seam.enqueue(newJob('p1'), newJob('p2'), child('c', ['p1', 'p2']));
    const worker = await seam.worker();
    const jobs = await worker.take(2);
    await worker.settle(...jobs.map((job) => decide(job, completed, 0)));
    assert.equal(await seam.statusOf('c'), 'pending');
    await assertCounted(seam);
  });

  holds('a settlement that is sent twice counts a parent once', async (seam) => {
    await seam.enqueue(newJob('p1'), newJob('p2'), child('c', ['p1', 'p2']));
    const worker = await seam.worker();
    const job = await worker.takeOne();
    assert.equal(await worker.end(job, completed), 'settled');
    assert.equal(await worker.end(job, completed), 'duplicate');
    assert.equal(await seam.statusOf('c'), 'blocked');
  });

  holds('a parent that is tried again holds its dependents up', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p']));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    assert.equal(await seam.statusOf('c'), 'blocked');
    await worker.end(await worker.takeOne(), completed);
    assert.equal(await seam.statusOf('c'), 'pending');
  });

  holds('parents may come after their dependents in a batch', async (seam) => {
    await seam.enqueue(child('c', ['p']), newJob('p'));
    assert.deepEqual(await runEverything(await seam.worker()), ['p', 'c']);
  });

  holds('parents may be stored already: completed ones hold nothing up', async (seam) => {
    const worker = await seam.worker();
    await seam.enqueue(newJob('done'), newJob('open', { task: 'other' }));
    await runEverything(worker);
    await seam.enqueue(child('c', ['done']), child('d', ['done', 'open']));
    assert.deepEqual(await statuses(seam, 'c', 'd'), ['pending', 'blocked']);
  });

  holds('a parent that is missing refuses the whole batch', async (seam) => {
    const before = await seam.everything();
    const batch = [newJob('a'), child('c', ['a', 'nobody'])];
    await assert.rejects(seam.enqueue(...batch), { code: 'parent_missing', message: /nobody/u });
    assert.deepEqual(await seam.everything(), before);
  });

  holds('the same job again changes nothing, though its parents were cleared', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p']));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), completed);
    await seam.clock.advance(1000);
    await worker.end(await worker.takeOne(), completed);
    assert.equal((await seam.call('prune', { before: { agoMs: 500 }, after: null })).removed, 1);
    assert.equal(await seam.call('get', 'p'), null);
    assert.deepEqual(await seam.enqueue(child('c', ['p'])), ['duplicate']);
    assert.deepEqual(
      (await seam.job('c')).dependencies,
      ['p'],
      'it still tells whom it waited for',
    );
  });

  holds('the same job again changes nothing; with other parents it is refused', async (seam) => {
    const jobs = [newJob('p'), newJob('q'), child('c', ['p'])];
    await seam.enqueue(...jobs);
    assert.deepEqual(await seam.enqueue(...jobs), ['duplicate', 'duplicate', 'duplicate']);
    const again = child('c', ['p', 'q']);
    await assert.rejects(seam.enqueue(newJob('x'), again), { code: 'invalid_option' });
    assert.equal(await seam.call('get', 'x'), null);
    assert.deepEqual(await runEverything(await seam.worker()), ['p', 'q', 'c']);
  });

  holds('a dependent that is not due when its parents have ended is scheduled', async (seam) => {
    await seam.enqueue(newJob('p'), { ...child('c', ['p']), due: { afterMs: 5000 } });
    const worker = await seam.worker();
    assert.equal(await seam.statusOf('c'), 'blocked');
    await runEverything(worker);
    assert.equal(await seam.statusOf('c'), 'scheduled');
    await seam.clock.advance(5000);
    assert.deepEqual(await runEverything(worker), ['c']);
  });

  holds('priority counts for dependents as for all others', async (seam) => {
    await seam.enqueue(newJob('p', { priority: 9 }), ...newJobs(3), {
      ...child('c', ['p']),
      priority: 5,
    });
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), completed);
    assert.equal((await worker.takeOne()).id, 'c');
  });

  holds('a record tells the dependencies in their order', async (seam) => {
    await seam.enqueue(newJob('a'), newJob('b'), child('c', ['b', 'a']));
    assert.deepEqual((await seam.job('c')).dependencies, ['b', 'a']);
    assert.deepEqual((await seam.job('a')).dependencies, []);
  });
};

export const endings: Suite = (holds) => {
  const bad = { failed: failedForGood, timeout: timedOut } as const;
  for (const [status, outcome] of Object.entries(bad)) {
    holds(`a parent that ended as ${status} cancels its dependents, and says so`, async (seam) => {
      await seam.enqueue(
        newJob('p', { maxAttempts: 1 }),
        child('c', ['p']),
        child('g', ['c']),
        newJob('free'),
      );
      await runEverything(await seam.worker(), { p: outcome });
      assert.deepEqual(await statuses(seam, 'p', 'c', 'g', 'free'), [
        status,
        'cancelled',
        'cancelled',
        'completed',
      ]);
      assert.equal((await seam.job('c')).error?.message, `Its parent p ended as ${status}`);
      assert.equal((await seam.job('g')).error?.message, 'Its parent c ended as cancelled');
      assert.equal((await seam.job('c')).completedAtMs, seam.clock.wall());
      await assertCounted(seam);
    });
  }

  holds('a parent that is cancelled cancels its dependents', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p']));
    assert.deepEqual(await seam.call('cancel', ['p']), [true]);
    assert.equal(await seam.statusOf('c'), 'cancelled');
    await assertCounted(seam);
  });

  holds("with 'run' a dependent runs once all parents have ended, however", async (seam) => {
    await seam.enqueue(newJob('p'), newJob('q'), child('c', ['p', 'q'], 'run'));
    const worker = await seam.worker();
    await seam.call('cancel', ['p']);
    assert.equal(await seam.statusOf('c'), 'blocked');
    assert.deepEqual(await runEverything(worker, { q: failedForGood }), ['q', 'c']);
  });

  holds(
    "with 'wait' a dependent waits until the parent was requeued and completed",
    async (seam) => {
      await seam.enqueue(newJob('p'), child('c', ['p'], 'wait'));
      const worker = await seam.worker();
      await runEverything(worker, { p: failedForGood });
      assert.equal(await seam.statusOf('c'), 'blocked');
      await seam.call('requeue', ['p']);
      assert.deepEqual(await runEverything(worker), ['p', 'c']);
    },
  );

  holds('a parent that ended badly before its dependent came acts all the same', async (seam) => {
    await seam.enqueue(newJob('p'));
    const worker = await seam.worker();
    await runEverything(worker, { p: failedForGood });
    await seam.enqueue(
      child('cancelled', ['p']),
      child('waiting', ['p'], 'wait'),
      child('running', ['p'], 'run'),
      child('grandchild', ['cancelled']),
      child('last', ['cancelled'], 'run'),
    );
    assert.deepEqual(
      await statuses(seam, 'cancelled', 'waiting', 'running', 'grandchild', 'last'),
      ['cancelled', 'blocked', 'pending', 'cancelled', 'pending'],
    );
    assert.match((await seam.job('cancelled')).error?.message ?? '', /parent p /u);
    await assertCounted(seam);
  });

  holds(
    'a parent that releases and one that takes down, in one batch: it is taken down',
    async (seam) => {
      await seam.enqueue(newJob('p'), newJob('q'), child('c', ['p', 'q']));
      const worker = await seam.worker();
      const [p, q] = await worker.take(2);
      await worker.settle(
        decide(p ?? assert.fail(), completed, 0),
        decide(q ?? assert.fail(), failedForGood, 0),
      );
      assert.equal(await seam.statusOf('c'), 'cancelled');
      await assertCounted(seam);
    },
  );
};

export const bringingBack: Suite = (holds) => {
  holds('requeue of a parent brings back exactly what it took down', async (seam) => {
    await seam.enqueue(
      newJob('p'),
      child('taken', ['p']),
      child('below', ['taken']),
      child('mine', ['p']),
      child('always', ['taken'], 'run'),
      newJob('other'),
    );
    const worker = await seam.worker();
    await seam.call('cancel', ['mine']);
    await runEverything(worker, { p: failedForGood });
    assert.equal(await seam.statusOf('always'), 'completed', 'it ran whatever happened');
    assert.deepEqual(await seam.call('requeue', ['p']), [true]);
    assert.deepEqual(await statuses(seam, 'p', 'taken', 'below', 'mine', 'always', 'other'), [
      'pending',
      'blocked',
      'blocked',
      'cancelled',
      'completed',
      'completed',
    ]);
    assert.equal((await seam.job('taken')).error, null);
    await assertCounted(seam);
    assert.deepEqual(await runEverything(worker), ['p', 'taken', 'below']);
    await assertCounted(seam);
  });

  holds('a job of two bad parents comes back when both are back, not before', async (seam) => {
    await seam.enqueue(newJob('p'), newJob('q'), child('c', ['p', 'q']));
    const worker = await seam.worker();
    await runEverything(worker, { p: failedForGood, q: failedForGood });
    await seam.call('requeue', ['p']);
    assert.equal(await seam.statusOf('c'), 'cancelled');
    assert.equal((await seam.job('c')).error?.message, 'Its parent q ended as failed');
    await seam.call('requeue', ['q']);
    assert.deepEqual(await runEverything(worker), ['p', 'q', 'c']);
  });

  holds('a job that a parent took down does not come back without it', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p']));
    const worker = await seam.worker();
    await runEverything(worker, { p: failedForGood });
    const before = await seam.everything();
    assert.deepEqual(await seam.call('requeue', ['c']), [false]);
    assert.deepEqual(await seam.everything(), before);
  });

  holds('a dependent that waits for its turn waits for a parent that runs again', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p'], 'run'), {
      ...child('d', ['p'], 'run'),
      due: { afterMs: 5000 },
    });
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failedForGood);
    assert.deepEqual(await statuses(seam, 'c', 'd'), ['pending', 'scheduled']);
    await seam.call('requeue', ['p']);
    assert.deepEqual(await statuses(seam, 'c', 'd'), ['blocked', 'blocked']);
    await worker.end(await worker.takeOne(), completed);
    assert.deepEqual(await statuses(seam, 'c', 'd'), ['pending', 'scheduled']);
    await assertCounted(seam);
  });

  holds(
    'a dependent that runs while its parent is requeued is tried again after it',
    async (seam) => {
      for (const outcome of [failed, released, postponed(1000)]) {
        const [p, c] = [`p-${outcome.kind}`, `c-${outcome.kind}`];
        await seam.enqueue(newJob(p), child(c, [p], 'run'));
        const worker = await seam.worker(`w-${outcome.kind}`);
        await worker.end(await worker.takeOne(), failedForGood);
        const job = await worker.takeOne();
        await seam.call('requeue', [p]);
        assert.equal(await seam.statusOf(c), 'running');
        await worker.end(job, outcome);
        assert.equal(await seam.statusOf(c), 'blocked');
        await worker.end(await worker.takeOne(), completed);
        await seam.clock.advance(1000);
        assert.deepEqual(await runEverything(worker), [c]);
      }
      await assertCounted(seam);
    },
  );

  holds('prune leaves a job that a dependent still needs, and frees none', async (seam) => {
    await seam.enqueue(
      newJob('p'),
      child('blocked', ['p', 'x'], 'wait'),
      newJob('x', { task: 'other' }),
    );
    await seam.enqueue(newJob('q'), child('bad', ['q']));
    const worker = await seam.worker();
    await runEverything(worker, { bad: failedForGood });
    const prune = { before: null, after: null };
    assert.equal((await seam.call('prune', prune)).removed, 0);
    await seam.call('cancel', ['x']);
    assert.equal(
      (await seam.call('prune', prune)).removed,
      0,
      'a cancelled parent is needed as well',
    );
    assert.equal(await seam.statusOf('blocked'), 'blocked');
    await seam.call('cancel', ['blocked']);
    await seam.call('prune', prune);
    assert.deepEqual((await seam.everyJob()).map(({ id }) => id).toSorted(), ['bad', 'q']);
  });

  holds(
    'prune removes a whole chain that was cancelled, for nobody needs what has gone',
    async (seam) => {
      const chain = newJobs(20).map((job, at) =>
        at === 0 ? job : { ...job, ...child(job.id, [`job-${at - 1}`]), id: job.id },
      );
      await seam.enqueue(...chain);
      await seam.call('cancel', ['job-0']);
      await seam.clock.advance(1);
      assert.equal((await seam.call('prune', { before: null, after: null })).removed, 20);
    },
  );

  holds('a job whose parent was cleared is not brought back', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p']));
    await seam.call('cancel', ['c']);
    const worker = await seam.worker();
    await runEverything(worker);
    await seam.clock.advance(1000);
    await seam.enqueue(newJob('later'));
    await seam.call('prune', { before: null, after: null });
    assert.deepEqual(await seam.call('requeue', ['c']), [false]);
    await assertCounted(seam);
  });
};
