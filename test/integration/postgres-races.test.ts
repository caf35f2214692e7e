// Several sessions on one schema: what SQLite's one lock keeps apart happens here at the same time.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { migrate } from 'gigq/admin';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import { found } from '../helpers/worker-place.ts';
import { child } from '../helpers/store-parents.ts';
import { freshSchema, isWaiting, query } from '../helpers/store-postgres.ts';
import { completed, lost, newJob, newJobs, Seam, slots } from '../helpers/store-seam.ts';
import { decide } from '../../dist/core/decide.js';

/** Sessions of one schema, each as of a process of its own. */
async function sessions(t: TestContext, count: number): Promise<{ seams: Seam[]; schema: string }> {
  const { address, schema } = await freshSchema();
  const opened = Array.from({ length: count }, () =>
    openPostgresStore(address, { clock: systemClock, initialize: true }),
  );
  const stores = await Promise.all(opened);
  t.after(() => Promise.all(stores.map((store) => store.close())).then(() => undefined));
  // They never look at the clock of their seam.
  return { seams: stores.map((store) => new Seam(store, systemClock as never)), schema };
}

describe('sessions that claim at the same time', () => {
  test('never get the same job, nor more than they asked for, and leave none', async (t) => {
    const { seams } = await sessions(t, 6);
    await seams[0]!.enqueue(...newJobs(600, { queue: 'a' }), newJob('last', { queue: 'b' }));
    const taken = await Promise.all(
      seams.map(async (seam, number) => {
        const worker = await seam.worker(`w${number}`);
        const ids: string[] = [];
        for (;;) {
          const jobs = await worker.take(7);
          assert.ok(jobs.length <= 7);
          if (jobs.length === 0) return ids;
          ids.push(...jobs.map(({ id }) => id));
        }
      }),
    );
    const ids = taken.flat();
    assert.equal(ids.length, 601);
    assert.equal(new Set(ids).size, 601);
  });

  test('get what others have not locked, however much that is', async (t) => {
    const { seams, schema } = await sessions(t, 1);
    await seams[0]!.enqueue(...newJobs(500));
    const worker = await seams[0]!.worker();
    await query(`BEGIN; SELECT FROM ${schema}.jobs WHERE seq <= 400 FOR UPDATE`);
    t.after(() => query('ROLLBACK').then(() => undefined));
    const jobs = await worker.take(2);
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['job-400', 'job-401'],
    );
  });

  test('get their own jobs behind thousands of others, also after they had to look far', async (t) => {
    const { seams, schema } = await sessions(t, 1);
    const tasks = Array.from({ length: 20 }, (_, n) => `task-${n}`);
    const worker = await seams[0]!.worker('w1', { tasks });
    const take = async (count: number): Promise<number> =>
      (await worker.claim({ tasks, slots: slots(count) })).jobs.length;
    await seams[0]!.enqueue(...tasks.map((task) => newJob(task, { task })));
    assert.equal(await take(20), 20);
    await seams[0]!.enqueue(...newJobs(300, { task: 'task-0' }));
    await query(
      `BEGIN; SELECT FROM ${schema}.jobs WHERE status = 'pending' ORDER BY seq LIMIT 20 FOR UPDATE`,
    );
    assert.equal(await take(1), 1);
    await query('ROLLBACK');
    const others = newJobs(9000, { task: 'other', priority: 1 });
    await seams[0]!.enqueue(...others.map((job) => ({ ...job, id: `other-${job.id}` })));
    assert.equal(await take(128), 128);
  });

  test('get jobs of lanes that another one has just made', async (t) => {
    const { seams } = await sessions(t, 2);
    const [one, two] = seams as [Seam, Seam];
    const worker = await one.worker();
    assert.deepEqual(await worker.take(1), []);
    await two.enqueue(newJob('a', { queue: 'new' }));
    assert.equal((await worker.takeOne()).id, 'a');
  });

  test('get nothing for a worker that is just being held for dead', async (t) => {
    const { seams, schema } = await sessions(t, 1);
    const [seam] = seams as [Seam];
    const worker = await seam.worker();
    await seam.enqueue(newJob('a'));
    await query(`BEGIN; UPDATE ${schema}.workers SET lost_at = 1`);
    const claim = worker.claim();
    await found(() => isWaiting(schema), 'the claim that waits');
    await query('COMMIT');
    assert.deepEqual((await claim).jobs, []);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });
});

describe('a parent that ends while a dependent is added', () => {
  test('frees it, whichever comes first', async (t) => {
    const { seams } = await sessions(t, 2);
    const [one, two] = seams as [Seam, Seam];
    await one.enqueue(...newJobs(150));
    const worker = await one.worker();
    for (let round = 0; round < 150; round += 1) {
      const job = await worker.takeOne();
      await Promise.all([
        worker.end(job, completed),
        two.enqueue(child(`child-${round}`, [job.id], 'cancel')),
      ]);
      const status = await two.statusOf(`child-${round}`);
      assert.notEqual(status, 'blocked', `round ${round}`);
    }
  });

  test('frees one whose other parent ends in another session at the same moment', async (t) => {
    const { seams } = await sessions(t, 2);
    const [one, two] = seams as [Seam, Seam];
    const workers = [await one.worker('1'), await two.worker('2')] as const;
    for (let round = 0; round < 100; round += 1) {
      const parents = [`a${round}`, `b${round}`];
      await one.enqueue(...parents.map((id) => newJob(id)), child(`c${round}`, parents));
      const [first, second] = [await workers[0].takeOne(), await workers[1].takeOne()];
      await Promise.all([workers[0].end(first, completed), workers[1].end(second, completed)]);
      const c = await workers[0].takeOne();
      assert.equal(c.id, `c${round}`);
      await workers[0].end(c, completed);
    }
  });
});

describe('sessions that write the same', () => {
  test('store a job once, whichever of them is first', async (t) => {
    const { seams } = await sessions(t, 4);
    const jobs = newJobs(200);
    const replies = await Promise.all(
      seams.map((seam, at) => seam.enqueue(...(at % 2 === 0 ? jobs : jobs.toReversed()))),
    );
    const stored = replies.flat().filter((reply) => reply === 'stored');
    assert.equal(stored.length, 200);
    assert.deepEqual(await seams[0]!.counted(), { pending: 200 });
  });

  test('store a workflow once, with its edges', async (t) => {
    const { seams } = await sessions(t, 4);
    const workflow = { id: 'w', name: 'w' };
    const jobs = [newJob('a'), child('b', ['a']), child('c', ['a', 'b'])];
    const replies = await Promise.all(
      seams.map((seam) => seam.call('enqueueWorkflow', { workflow, jobs })),
    );
    assert.equal(replies.flat().filter((reply) => reply === 'stored').length, 3);
    const { jobs: counted } = (await seams[0]!.call('workflow', 'w')) ?? assert.fail();
    assert.deepEqual([counted.pending, counted.blocked], [1, 2]);
  });

  test('settle a job once: its worker or the reaper', async (t) => {
    const { seams } = await sessions(t, 2);
    const [one, two] = seams as [Seam, Seam];
    await one.enqueue(...newJobs(50));
    const worker = await one.worker();
    const jobs = await worker.take(50);
    const taken = await two.call('expired', await worker.sighting());
    const [mine, theirs] = await Promise.all([
      Promise.all(jobs.map((job) => worker.end(job, completed))),
      two.call(
        'settle',
        taken.map((job) => decide(job, lost, 0)),
      ),
    ]);
    const settled = jobs.map((_, at) =>
      [mine[at], theirs[at]].filter((each) => each === 'settled'),
    );
    assert.ok(settled.every(({ length }) => length === 1));
    const { completed: done = 0, pending = 0 } = await one.counted();
    assert.equal(done + pending, 50);
  });

  test('that wait for each other are both done', async (t) => {
    const { seams } = await sessions(t, 2);
    const [one, two] = seams as [Seam, Seam];
    await one.enqueue(...newJobs(2));
    // Each transaction locks the jobs one after the other, in the order of its ids.
    const cancels = await Promise.all([
      one.call('cancel', ['job-0', 'job-1']),
      two.call('cancel', ['job-1', 'job-0']),
    ]);
    assert.equal(cancels.flat().filter(Boolean).length, 2);
    assert.deepEqual(await one.counted(), { cancelled: 2 });
  });

  test('count the jobs of a workflow right', async (t) => {
    const { seams } = await sessions(t, 4);
    const workflow = { id: 'w', name: 'w' };
    await seams[0]!.call('enqueueWorkflow', { workflow, jobs: newJobs(200) });
    await Promise.all(
      seams.map(async (seam, at) => {
        const worker = await seam.worker(`w${at}`);
        for (let jobs = await worker.take(9); jobs.length > 0; jobs = await worker.take(9))
          await worker.settle(...jobs.map((job) => decide(job, completed, 0)));
      }),
    );
    const { jobs, status } = (await seams[0]!.call('workflow', 'w')) ?? assert.fail();
    assert.deepEqual(
      [jobs.completed, jobs.running, jobs.pending, status],
      [200, 0, 0, 'completed'],
    );
  });
});

describe('programs that open a schema at the same time', () => {
  test('make it once', async () => {
    const { address } = await freshSchema();
    const all = await Promise.all(Array.from({ length: 5 }, () => migrate(address)));
    assert.deepEqual(
      all.map(({ applied }) => applied.length).toSorted((a, b) => a - b),
      [0, 0, 0, 0, 1],
    );
  });
});

describe('programs whose clocks are ten minutes off', () => {
  test('write one history, by the clock of the server', async (t) => {
    const { address } = await freshSchema();
    const [ahead, behind] = await Promise.all(
      [600_000, -600_000].map(async (offMs) => {
        const clock = { ...systemClock, wall: () => Date.now() + offMs };
        const store = await openPostgresStore(address, { clock, initialize: true });
        t.after(() => store.close());
        return new Seam(store, clock as never);
      }),
    );
    const serverMs = async (): Promise<number> =>
      Number((await query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms'))[0]?.['ms']);
    const began = Math.floor(await serverMs());
    await ahead!.enqueue(newJob('now'), newJob('later', { due: { afterMs: 300_000 } }));
    const worker = await behind!.worker();
    const { jobs, nextDueMs } = await worker.claim({ slots: ['w-0', 'w-1'] });
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['now'],
    );
    assert.ok(nextDueMs !== null && nextDueMs > 200_000 && nextDueMs <= 300_000);
    await worker.end(jobs[0]!, completed);
    const { createdAtMs, startedAtMs, completedAtMs } = await ahead!.job('now');
    const told = [began, createdAtMs, startedAtMs ?? 0, completedAtMs ?? 0, await serverMs()];
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
    assert.equal(await (await ahead!.worker('w2')).renew(), true);
    assert.equal(await worker.renew(), true);
  });
});
