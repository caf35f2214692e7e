import assert from 'node:assert/strict';
import { innocent, completed, failed, newJob, newJobs, slots } from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

const nothing = { jobs: [], nextDueMs: null, unknownTasks: [], fenced: false };
const fenced = { ...nothing, fenced: true };

export const claim: Suite = (holds) => {
  holds('claim takes the highest and the lowest priority that there are', async (seam) => {
    const { MAX_SAFE_INTEGER: highest, MIN_SAFE_INTEGER: lowest } = Number;
    const priorities = { low: lowest, usual: 0, high: highest };
    const jobs = Object.entries(priorities).map(([id, priority]) => newJob(id, { priority }));
    await seam.enqueue(...jobs);
    const taken = await (await seam.worker()).take(3);
    assert.deepEqual(
      taken.map(({ id }) => id),
      ['high', 'usual', 'low'],
    );
  });

  holds('claim takes the highest priority first, then the first in', async (seam) => {
    const priorities = { a: 0, b: 5, c: -1, d: 5, e: 0 };
    const jobs = Object.entries(priorities).map(([id, priority]) => newJob(id, { priority }));
    await seam.enqueue(...jobs);
    const worker = await seam.worker();
    const ids = (await worker.take(5)).map(({ id }) => id);
    assert.deepEqual(ids, ['b', 'd', 'a', 'e', 'c']);
  });

  holds('claim keeps that order across tasks and queues', async (seam) => {
    await seam.enqueue(
      newJob('a', { task: 'two', queue: 'y' }),
      newJob('b', { task: 'one', queue: 'x', priority: 1 }),
      newJob('c', { task: 'two', queue: 'x' }),
      newJob('d', { task: 'one', queue: 'y', priority: 1 }),
      newJob('e', { task: 'one', queue: 'x' }),
    );
    const worker = await seam.worker();
    const { jobs } = await worker.claim({ tasks: ['one', 'two'], slots: slots(4) });
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['b', 'd', 'a', 'c'],
    );
  });

  holds('claim goes by the order of insertion, not by ids or creation times', async (seam) => {
    await seam.enqueue(newJob('z'));
    seam.clock.setWall(-3_600_000);
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    assert.deepEqual(
      (await worker.take(2)).map(({ id }) => id),
      ['z', 'a'],
    );
  });

  holds('claim of a job that came back keeps its place in the order', async (seam) => {
    await seam.enqueue(...newJobs(3));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    assert.equal((await worker.takeOne()).id, 'job-0');
    await seam.call('cancel', ['job-0']);
    await seam.call('requeue', ['job-0']);
    assert.equal((await worker.takeOne()).id, 'job-0');
  });

  holds('claim takes one job for each slot, in the order of the slots', async (seam) => {
    await seam.enqueue(...newJobs(3));
    const worker = await seam.worker();
    const { jobs } = await worker.claim({ slots: ['w-7', 'w-2'] });
    assert.deepEqual(
      jobs.map(({ id, slot }) => [id, slot]),
      [
        ['job-0', 'w-7'],
        ['job-1', 'w-2'],
      ],
    );
    assert.deepEqual(await seam.counted(), { pending: 1, running: 2 });
    assert.equal((await seam.job('job-1')).slot, 'w-2');
  });

  holds('claim hands over everything that running and deciding need', async (seam) => {
    const { due: _, ...given } = newJob('a', {
      description: 'says hello',
      params: '{"name":"Ada"}',
      priority: 3,
      timeout: '5s',
      retry: { delay: '1s', jitter: true },
    });
    const createdAtMs = seam.clock.wall();
    await seam.enqueue({ ...given, due: { afterMs: 1000 } });
    await seam.clock.advance(5000);
    const { lease, ...job } = await (await seam.worker()).takeOne();
    const { parents: __, ...kept } = given;
    assert.deepEqual(job, {
      ...kept,
      attempts: 1,
      ...innocent,
      number: 1,
      slot: 'w-0',
      createdAtMs,
      startedAtMs: createdAtMs + 5000,
      runAtMs: createdAtMs + 1000,
      error: null,
      workflow: null,
      dependencies: [],
      inputs: null,
    });
    assert.deepEqual(Object.keys(lease).toSorted(), ['lane', 'seq', 'token', 'workflow']);
  });

  holds('claim starts an attempt: running, charged, and without what is over', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const first = await worker.takeOne();
    await worker.end(first, failed);
    await seam.clock.advance(10);
    const second = await worker.takeOne();
    assert.deepEqual([first.attempts, first.number], [1, 1]);
    assert.deepEqual([second.attempts, second.number], [2, 2]);
    assert.notEqual(second.error, null, 'that of the attempt before');
    assert.deepEqual(second.error, (await seam.job('a')).error);
    assert.notEqual(second.lease.token, first.lease.token);
    const job = await seam.job('a');
    assert.deepEqual([job.status, job.attempts, job.slot], ['running', 2, 'w-0']);
    assert.equal(job.startedAtMs, seam.clock.wall());
    assert.equal(job.completedAtMs, null);
  });

  holds('claim never gives one job to two workers', async (seam) => {
    await seam.enqueue(...newJobs(10));
    const workers = [await seam.worker('w1'), await seam.worker('w2')];
    const claims = await Promise.all([...workers, ...workers].map((worker) => worker.take(3)));
    const ids = claims.flat().map(({ id }) => id);
    assert.equal(new Set(ids).size, 10);
    assert.equal(ids.length, 10);
  });

  holds(
    'claim takes nothing of other queues or other tasks, and charges them nothing',
    async (seam) => {
      await seam.enqueue(newJob('a', { queue: 'other' }), newJob('b', { task: 'other' }));
      const before = await seam.everything();
      const worker = await seam.worker();
      const { jobs } = await worker.claim({ queues: ['default'], slots: slots(5) });
      assert.deepEqual(jobs, []);
      assert.deepEqual(await seam.everything(), before);
    },
  );

  holds('claim with no queues named takes of every queue', async (seam) => {
    await seam.enqueue(newJob('a', { queue: 'x' }), newJob('b', { queue: 'y' }));
    const worker = await seam.worker();
    const claimed = await worker.claim({ queues: null, slots: slots(5) });
    assert.deepEqual(
      claimed.jobs.map(({ queue }) => queue),
      ['x', 'y'],
    );
  });

  holds('claim tells the tasks of ready jobs in its queues that it does not know', async (seam) => {
    await seam.enqueue(
      newJob('a', { task: 'alien' }),
      newJob('b', { task: 'alien', queue: 'more' }),
      newJob('c', { task: 'elsewhere', queue: 'other' }),
      newJob('d', { task: 'later', due: { afterMs: 1000 } }),
      newJob('e'),
    );
    const worker = await seam.worker();
    const claimed = await worker.claim({ queues: ['default', 'more'], slots: slots(2) });
    assert.deepEqual(
      claimed.jobs.map(({ id }) => id),
      ['e'],
    );
    assert.deepEqual(claimed.unknownTasks, ['alien']);
  });

  holds('claim with every slot filled says nothing of what else there is', async (seam) => {
    await seam.enqueue(newJob('a'), newJob('b', { task: 'alien' }));
    await seam.enqueue(newJob('c', { due: { afterMs: 1000 } }));
    const claimed = await (await seam.worker()).claim();
    assert.equal(claimed.jobs.length, 1);
    assert.deepEqual([claimed.nextDueMs, claimed.unknownTasks], [null, []]);
  });

  holds('claim of an empty store gives nothing', async (seam) => {
    assert.deepEqual(await (await seam.worker()).claim(), nothing);
  });
};

export const promotion: Suite = (holds) => {
  holds('claim says how long it is until the next scheduled job is due', async (seam) => {
    await seam.enqueue(newJob('a', { due: { afterMs: 5000 } }));
    await seam.enqueue(newJob('b', { due: { atMs: seam.clock.wall() + 3000 } }));
    const worker = await seam.worker();
    assert.equal((await worker.claim()).nextDueMs, 3000);
    await seam.clock.advance(1000);
    assert.equal((await worker.claim()).nextDueMs, 2000);
  });

  holds(
    'claim takes a scheduled job when it is due, and not a millisecond before',
    async (seam) => {
      await seam.enqueue(newJob('a', { due: { afterMs: 5000 } }));
      const worker = await seam.worker();
      await seam.clock.advance(4999);
      assert.deepEqual(await worker.take(1), []);
      assert.equal(await seam.statusOf('a'), 'scheduled');
      await seam.clock.advance(1);
      assert.equal((await worker.takeOne()).id, 'a');
    },
  );

  holds(
    'claim orders jobs that became due by priority and insertion, not by when',
    async (seam) => {
      await seam.enqueue(
        newJob('a', { due: { afterMs: 3000 } }),
        newJob('b', { due: { afterMs: 1000 } }),
        newJob('c', { due: { afterMs: 2000 }, priority: 1 }),
      );
      await seam.clock.advance(3000);
      const worker = await seam.worker();
      assert.deepEqual(
        (await worker.take(3)).map(({ id }) => id),
        ['c', 'a', 'b'],
      );
    },
  );

  holds('claim makes due jobs of other queues ready as well', async (seam) => {
    await seam.enqueue(newJob('a', { queue: 'other', due: { afterMs: 10 } }));
    await seam.clock.advance(10);
    await (await seam.worker()).claim({ queues: ['default'] });
    assert.equal(await seam.statusOf('a'), 'pending');
  });

  holds(
    'claim makes a flood of due jobs ready in bounded steps, and comes to all',
    async (seam) => {
      await seam.enqueue(...newJobs(2500, { due: { afterMs: 10 } }));
      await seam.clock.advance(10);
      const worker = await seam.worker();
      await worker.takeOne();
      const { scheduled = 0 } = await seam.counted();
      assert.ok(scheduled >= 1000, `${scheduled} are still scheduled`);
      for (let round = 0; round < 3; round += 1) await worker.takeOne();
      assert.deepEqual(await seam.counted(), { pending: 2496, running: 4 });
    },
  );

  holds('claim follows the wall clock when somebody sets it', async (seam) => {
    await seam.enqueue(newJob('a', { due: { afterMs: 3_600_000 } }));
    const worker = await seam.worker();
    seam.clock.setWall(-600_000);
    assert.equal((await worker.claim()).nextDueMs, 4_200_000);
    seam.clock.setWall(4_200_000);
    assert.equal((await worker.takeOne()).id, 'a');
  });
};

export const claimWithoutWork: Suite = (holds) => {
  const idle = {
    'the store is empty': [],
    'only other tasks are ready': [newJob('a', { task: 'alien' })],
    'only other queues have jobs': [newJob('a', { queue: 'other' })],
    'nothing is due': [newJob('a', { due: { afterMs: 1000 } })],
  };
  for (const [name, jobs] of Object.entries(idle)) {
    holds(`claim writes nothing when ${name}`, async (seam, store) => {
      const worker = await seam.worker();
      await seam.enqueue(...jobs);
      const before = await store.writes();
      const { jobs: claimed } = await worker.claim({ queues: ['default'] });
      assert.deepEqual(claimed, []);
      assert.equal(await store.writes(), before);
    });
  }

  holds(
    'claim by a worker that never registered is fenced and writes nothing',
    async (seam, store) => {
      await seam.enqueue(newJob('a'));
      const worker = await seam.worker();
      const before = await store.writes();
      const unknown = await worker.claim({ worker: { instance: 'nobody', epoch: 1 } });
      assert.deepEqual(unknown, fenced);
      assert.equal(await store.writes(), before);
      assert.equal(await seam.statusOf('a'), 'pending');
    },
  );

  holds('claim by a worker that was held for dead is fenced', async (seam) => {
    const worker = await seam.worker();
    await worker.reap();
    await seam.enqueue(newJob('a'));
    assert.deepEqual(await worker.claim(), fenced);
  });

  holds(
    'claim by an earlier life of a worker is fenced, by the present one is not',
    async (seam) => {
      const before = await seam.worker();
      const now = await seam.worker();
      await seam.enqueue(newJob('a'));
      assert.deepEqual(await before.claim(), fenced);
      assert.equal((await now.claim()).jobs.length, 1);
    },
  );

  holds('claim by a worker that left is fenced', async (seam) => {
    const worker = await seam.worker();
    await worker.leave();
    await seam.enqueue(newJob('a'));
    assert.deepEqual(await worker.claim(), fenced);
  });

  holds('claim takes nothing that is final', async (seam) => {
    const worker = await seam.worker();
    await seam.enqueue(...newJobs(2));
    await worker.end(await worker.takeOne(), completed);
    await seam.call('cancel', ['job-1']);
    assert.deepEqual(await worker.claim(), nothing);
  });
};
