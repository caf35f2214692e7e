import assert from 'node:assert/strict';
import { decide } from '../../dist/core/decide.js';
import type { Lease } from '../../dist/core/job.js';
import { completed, lost, newJob, newJobs, newWorker } from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

const day = 86_400_000;

export const leases: Suite = (holds) => {
  holds(
    'register begins the first epoch of a worker, and workers tells who it is',
    async (seam) => {
      const given = newWorker('w1', { queues: ['a', 'b'], tasks: ['x', 'y'], concurrency: 4 });
      assert.deepEqual(await seam.call('register', given), { instance: 'w1', epoch: 1 });
      const now = seam.clock.wall();
      const record = {
        ...given,
        epoch: 1,
        beat: 0,
        state: 'active',
        running: 0,
        startedAtMs: now,
        heartbeatAtMs: now,
      };
      assert.deepEqual(await seam.call('workers', null), [record]);
    },
  );

  holds('register keeps what a system does not tell', async (seam) => {
    const unknown = { pidStart: null, bootId: null, pidNamespace: null, queues: null };
    await seam.call('register', newWorker('w1', unknown));
    const [worker] = await seam.call('workers', null);
    assert.partialDeepStrictEqual(worker, unknown);
  });

  holds('register again gives the next epoch and ends the life before', async (seam) => {
    const first = await seam.worker();
    await seam.enqueue(newJob('a'));
    await first.takeOne();
    const second = await seam.worker();
    assert.deepEqual(second.key, { instance: 'w1', epoch: 2 });
    assert.equal(await first.renew(), false);
    assert.deepEqual(await seam.call('held', first.key), []);
    const lives = await seam.call('workers', null);
    const summary = lives.map(({ epoch, state, running }) => [epoch, state, running]);
    assert.deepEqual(summary, [
      [1, 'lost', 1],
      [2, 'active', 0],
    ]);
  });

  holds('register again leaves the jobs of the life before to be reaped', async (seam) => {
    const first = await seam.worker();
    await seam.enqueue(newJob('a'));
    const job = await first.takeOne();
    const second = await seam.worker();
    assert.equal(await seam.statusOf('a'), 'running');
    assert.deepEqual(await first.reap(), ['settled']);
    assert.equal(await second.end(job, completed), 'lost');
    assert.equal((await second.takeOne()).id, 'a');
  });

  holds('register again forgets a life that holds nothing', async (seam) => {
    await seam.worker();
    await seam.worker();
    const lives = await seam.call('workers', null);
    assert.deepEqual(
      lives.map(({ epoch }) => epoch),
      [2],
    );
  });

  holds('register of two workers under one label keeps them apart', async (seam) => {
    const [one, two] = [
      await seam.worker('w1', { label: 'x' }),
      await seam.worker('w2', { label: 'x' }),
    ];
    await seam.enqueue(newJob('a'));
    await one.takeOne();
    assert.deepEqual(await two.reap(), []);
    assert.equal(await one.renew(), true);
    assert.equal((await seam.call('held', one.key)).length, 1);
  });

  holds('renew adds one to the beat and says that the worker lives', async (seam) => {
    const worker = await seam.worker();
    await seam.clock.advance(10_000);
    assert.equal(await worker.renew(), true);
    const [renewed] = await seam.call('workers', null);
    assert.partialDeepStrictEqual(renewed, {
      beat: 1,
      state: 'active',
      heartbeatAtMs: seam.clock.wall(),
    });
  });

  holds('renew tells whether the worker is stopping', async (seam) => {
    const worker = await seam.worker();
    await worker.renew(true);
    assert.equal((await seam.call('workers', null))[0]?.state, 'stopping');
  });

  holds('renew of a worker that was held for dead says so and changes nothing', async (seam) => {
    const worker = await seam.worker();
    await worker.reap();
    const before = await seam.call('workers', null);
    assert.equal(await worker.renew(), false);
    assert.deepEqual(await seam.call('workers', null), before);
  });

  holds('renew of a worker that nobody knows says so', async (seam) => {
    assert.equal(
      await seam.call('renew', { instance: 'nobody', epoch: 1, stopping: false }),
      false,
    );
  });

  holds('held tells the leases that a worker has, and not those of others', async (seam) => {
    await seam.enqueue(...newJobs(3));
    const [one, two] = [await seam.worker('w1'), await seam.worker('w2')];
    const [mine] = [await one.take(2), await two.take(1)];
    assert.deepEqual(
      await seam.call('held', one.key),
      mine.map(({ lease }) => lease),
    );
    await one.end(mine[0]!, completed);
    assert.deepEqual(await seam.call('held', one.key), [mine[1]!.lease]);
    await seam.call('cancel', [mine[1]!.id]);
    assert.deepEqual(await seam.call('held', one.key), []);
  });

  holds('held among some leases tells those of them that a worker still has', async (seam) => {
    await seam.enqueue(...newJobs(4));
    const [one, two] = [await seam.worker('w1'), await seam.worker('w2')];
    const [mine, others] = [await one.take(3), await two.take(1)];
    const [ended, kept] = mine.map(({ lease }) => lease) as [Lease, Lease, Lease];
    await one.end(mine[0]!, completed);
    const old = { ...kept, token: kept.token + 1 };
    const among = [ended, kept, old, others[0]!.lease];
    assert.deepEqual(await seam.call('held', { ...one.key, among }), [kept]);
    assert.deepEqual(await seam.call('held', { ...one.key, among: [] }), []);
    await seam.call('expired', await one.sighting());
    assert.deepEqual(await seam.call('held', { ...one.key, among }), []);
  });

  holds('workers, asked for what the lost ones run, tells that of them', async (seam) => {
    await seam.enqueue(...newJobs(2));
    const [one, two] = [await seam.worker('w1'), await seam.worker('w2')];
    await one.takeOne();
    await two.takeOne();
    await one.leave();
    const [left, living] = await seam.call('workers', { runningOf: 'lost' });
    assert.deepEqual([left?.state, left?.running], ['lost', 1]);
    assert.equal(living?.state, 'active');
  });

  holds('held of a worker that was held for dead is empty, reaped or not', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    await worker.takeOne();
    await seam.call('expired', await worker.sighting());
    assert.deepEqual(await seam.call('held', worker.key), []);
  });

  holds('leave ends a life that holds nothing without a trace', async (seam) => {
    const worker = await seam.worker();
    await worker.leave();
    assert.deepEqual(await seam.call('workers', null), []);
    assert.equal(await worker.renew(), false);
  });

  holds('leave with jobs in hand leaves them to be reaped', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    await worker.takeOne();
    await worker.leave();
    const [left] = await seam.call('workers', null);
    assert.deepEqual([left?.state, left?.running], ['lost', 1]);
    assert.deepEqual(await worker.reap(), ['settled']);
    assert.equal(await seam.statusOf('a'), 'pending');
  });

  holds('leave twice, or of nobody, changes nothing', async (seam) => {
    const worker = await seam.worker();
    await worker.leave();
    await worker.leave();
    await seam.call('leave', { instance: 'nobody', epoch: 1 });
    assert.deepEqual(await seam.call('workers', null), []);
  });
};

export const expiry: Suite = (holds) => {
  holds('expired holds a worker for dead and tells the jobs that it holds', async (seam) => {
    await seam.enqueue(newJob('a', { retry: { delay: '1s' } }), newJob('b'));
    const worker = await seam.worker();
    const jobs = await worker.take(2);
    assert.deepEqual(await seam.call('expired', await worker.sighting()), jobs);
    assert.equal((await seam.call('workers', null))[0]?.state, 'lost');
    assert.deepEqual(await seam.counted(), { running: 2 });
  });

  holds('expired does nothing if the worker has moved since it was sighted', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    await worker.takeOne();
    const sighting = await worker.sighting();
    await worker.renew();
    assert.deepEqual(await seam.call('expired', sighting), []);
    assert.equal((await seam.call('workers', null))[0]?.state, 'active');
    assert.equal(await worker.renew(), true);
  });

  holds('expired does nothing to another epoch than the one sighted', async (seam) => {
    const first = await seam.worker();
    const sighting = await first.sighting();
    const second = await seam.worker();
    assert.deepEqual(await seam.call('expired', sighting), []);
    assert.deepEqual(await seam.call('expired', { ...sighting, epoch: 3 }), []);
    assert.equal(await second.renew(), true);
  });

  holds('expired of a worker that nobody knows tells of no jobs', async (seam) => {
    assert.deepEqual(await seam.call('expired', { instance: 'nobody', epoch: 1, beat: 0 }), []);
  });

  holds('expired comes to all jobs of a worker, a thousand at a time', async (seam) => {
    await seam.enqueue(...newJobs(2100));
    const worker = await seam.worker();
    for (let round = 0; round < 3; round += 1) await worker.take(700);
    const sighting = await worker.sighting();
    const rounds: number[] = [];
    for (;;) {
      const jobs = await seam.call('expired', sighting);
      if (jobs.length === 0) break;
      rounds.push(jobs.length);
      await worker.settle(...jobs.map((job) => decide(job, lost, 0)));
    }
    assert.deepEqual(rounds, [1000, 1000, 100]);
    assert.deepEqual(await seam.counted(), { pending: 2100 });
  });

  holds(
    'a worker that was held for dead can be seen for a day, then is forgotten',
    async (seam) => {
      const dead = await seam.worker('dead');
      await dead.reap();
      await seam.clock.advance(day);
      await seam.worker('w2');
      assert.equal((await seam.call('workers', null)).length, 2);
      await seam.clock.advance(1);
      await seam.worker('w3');
      const instances = (await seam.call('workers', null)).map(({ instance }) => instance);
      assert.deepEqual(instances, ['w2', 'w3']);
    },
  );

  holds(
    'a worker that still holds jobs is not forgotten, however long it is dead',
    async (seam) => {
      await seam.enqueue(newJob('a'));
      const dead = await seam.worker('dead');
      await dead.takeOne();
      await seam.call('expired', await dead.sighting());
      await seam.clock.advance(10 * day);
      await seam.worker('w2');
      assert.deepEqual(await dead.reap(), ['settled']);
      assert.deepEqual(await seam.counted(), { pending: 1 });
    },
  );
};
