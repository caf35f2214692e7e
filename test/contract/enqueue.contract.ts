import assert from 'node:assert/strict';
import { innocent, newJob, newJobs } from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

const day = 86_400_000;

export const enqueue: Suite = (holds) => {
  holds('enqueue stores a job as it was given, pending and never run', async (seam) => {
    const given = newJob('a', {
      task: 'thumbnail',
      queue: 'images',
      name: 'Thumbnail of 📷.jpg',
      description: 'a\nb',
      params: '{"width":200}',
      priority: -7,
      maxAttempts: 5,
      timeout: null,
      retry: { delay: '1s', backoff: 'exponential' },
    });
    assert.deepEqual(await seam.enqueue(given), ['stored']);
    const { retry: _, due: __, parents: ___, ...kept } = given;
    const now = seam.clock.wall();
    assert.deepEqual(await seam.call('get', 'a'), {
      ...kept,
      status: 'pending',
      attempts: 0,
      ...innocent,
      dependencies: [],
      workflow: null,
      result: null,
      error: null,
      slot: null,
      progress: null,
      createdAtMs: now,
      updatedAtMs: now,
      runAtMs: null,
      startedAtMs: null,
      completedAtMs: null,
    });
  });

  holds('enqueue answers in the order of the jobs', async (seam) => {
    await seam.enqueue(newJob('b'), newJob('d'));
    const jobs = ['a', 'b', 'c', 'd', 'e'].map((id) => newJob(id));
    const answers = await seam.enqueue(...jobs);
    assert.deepEqual(answers, ['stored', 'duplicate', 'stored', 'duplicate', 'stored']);
  });

  holds('enqueue of an id that is stored already leaves that job as it is', async (seam) => {
    await seam.enqueue(newJob('a', { params: '1' }));
    const before = await seam.everything();
    await seam.clock.advance(10);
    const second = newJob('a', { params: '2', task: 'other', priority: 9 });
    assert.deepEqual(await seam.enqueue(second), ['duplicate']);
    assert.deepEqual(await seam.everything(), before);
  });

  holds('enqueue of one id twice in a batch stores the first', async (seam) => {
    const answers = await seam.enqueue(newJob('a', { params: '1' }), newJob('a', { params: '2' }));
    assert.deepEqual(answers, ['stored', 'duplicate']);
    assert.equal((await seam.job('a')).params, '1');
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  holds('enqueue keeps jobs of many kinds apart, and in their order', async (seam) => {
    const kinds = [
      {},
      { priority: 3 },
      { task: 'other' },
      { queue: 'other' },
      { name: 'other' },
      { description: 'other' },
      { maxAttempts: 9 },
      { timeout: '9s' },
      { retry: { delay: '1s', backoff: 'fixed' } },
      { due: { afterMs: day } },
    ] as const;
    const jobs = kinds.flatMap((kind, at) =>
      [`${at}a`, `${at}b`].map((id) => newJob(id, { ...kind, params: JSON.stringify(id) })),
    );
    assert.deepEqual(
      await seam.enqueue(...jobs),
      jobs.map(() => 'stored'),
    );
    for (const { retry: _, due, parents: __, ...given } of jobs) {
      const stored = await seam.job(given.id);
      const status = due === null ? 'pending' : 'scheduled';
      assert.deepEqual({ ...stored, ...given, status }, stored);
    }
    const worker = await seam.worker();
    const slots = jobs.map(({ id }) => id);
    const { jobs: claimed } = await worker.claim({ tasks: ['greet', 'other'], slots });
    const first = [2, 3];
    const rest = jobs.filter((job, at) => !first.includes(at) && job.due === null);
    assert.deepEqual(
      claimed.map(({ id }) => id),
      [...first.map((at) => jobs[at]?.id), ...rest.map(({ id }) => id)],
    );
  });

  holds('enqueue keeps jobs in their order, however long their params are', async (seam) => {
    const long = JSON.stringify('x'.repeat(10_000));
    const params = ['1', long, '2', '3', long, long, '4'];
    const jobs = params.map((each, place) => newJob(`job-${place}`, { params: each }));
    assert.deepEqual(await seam.enqueue(...jobs, jobs[1]!, jobs[2]!), [
      ...jobs.map(() => 'stored'),
      'duplicate',
      'duplicate',
    ]);
    const worker = await seam.worker();
    const taken = await worker.take(jobs.length);
    assert.deepEqual(
      taken.map((job) => job.params),
      params,
    );
  });

  holds('enqueue of a final job is a duplicate and does not bring it back', async (seam) => {
    await seam.enqueue(newJob('a'));
    await seam.call('cancel', ['a']);
    assert.deepEqual(await seam.enqueue(newJob('a')), ['duplicate']);
    assert.equal(await seam.statusOf('a'), 'cancelled');
  });

  holds('enqueue of nothing answers nothing', async (seam) => {
    assert.deepEqual(await seam.enqueue(), []);
  });

  holds('enqueue stores 50,000 jobs at once', async (seam) => {
    const answers = await seam.enqueue(...newJobs(50_000));
    assert.equal(answers.length, 50_000);
    assert.ok(answers.every((answer) => answer === 'stored'));
    assert.deepEqual(await seam.counted(), { pending: 50_000 });
  });

  for (const [title, special] of [
    ['alike', {}],
    ['of which one is urgent', { priority: 1 }],
  ] as const)
    holds(`enqueue stores jobs of a megabyte each, ${title}, as they were given`, async (seam) => {
      await seam.enqueue(newJob('stored'));
      const params = (name: string): string => JSON.stringify(`"${name}\\\u0001`.repeat(80_000));
      const ids = ['a', 'b', 'c', 'stored', 'd', 'a', 'e', 'f'];
      const jobs = ids.map((id) => newJob(id, { params: params(id) }));
      const answers = await seam.enqueue(...jobs, newJob('last', special));
      const again = new Set([3, 5]);
      const expected = jobs.map((_, place) => (again.has(place) ? 'duplicate' : 'stored'));
      assert.deepEqual(answers, [...expected, 'stored']);
      for (const id of ['a', 'f']) assert.equal((await seam.call('get', id))?.params, params(id));
    });

  holds('enqueue of more than 50,000 jobs is refused whole', async (seam) => {
    await assert.rejects(seam.enqueue(...newJobs(50_001)), { code: 'too_large' });
    assert.deepEqual(await seam.counted(), {});
  });

  holds('enqueue stores none if one of the jobs cannot be stored', async (seam) => {
    const bad = newJob('b', { priority: 'high' as unknown as number });
    await assert.rejects(seam.enqueue(newJob('a'), bad, newJob('c')));
    assert.deepEqual(await seam.counted(), {});
    assert.deepEqual(await seam.enqueue(newJob('a')), ['stored']);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  holds('enqueue turns a delay into an instant of its own clock', async (seam) => {
    const now = seam.clock.wall();
    await seam.enqueue(newJob('a', { due: { afterMs: 60 * day } }));
    const job = await seam.job('a');
    assert.equal(job.status, 'scheduled');
    assert.equal(job.runAtMs, now + 60 * day);
    assert.deepEqual(await seam.counted(), { scheduled: 1 });
  });

  holds('enqueue keeps an instant as it was named', async (seam) => {
    const atMs = Date.UTC(9999, 11, 31);
    await seam.enqueue(newJob('a', { due: { atMs } }));
    const job = await seam.job('a');
    assert.deepEqual([job.status, job.runAtMs], ['scheduled', atMs]);
  });

  const dueAlready = {
    'a delay of nothing': { afterMs: 0 },
    'a delay below nothing': { afterMs: -5000 },
    'an instant that has passed': { atMs: Date.UTC(1969, 6, 20) },
  };
  for (const [name, due] of Object.entries(dueAlready)) {
    holds(`enqueue makes a job with ${name} ready at once`, async (seam) => {
      await seam.enqueue(newJob('a', { due }));
      assert.equal(await seam.statusOf('a'), 'pending');
      const worker = await seam.worker();
      assert.equal((await worker.takeOne()).id, 'a');
    });
  }

  holds('enqueue takes text for text, whatever is in it', async (seam) => {
    const odd = `'; DROP TABLE gigq_jobs; -- "quoted" \\ %_ \u{1F600} \u202E`;
    await seam.enqueue(newJob(odd, { name: odd, queue: odd, params: JSON.stringify(odd) }));
    const job = await seam.job(odd);
    assert.deepEqual([job.id, job.name, job.queue], [odd, odd, odd]);
    assert.equal(job.params, JSON.stringify(odd));
  });

  holds('enqueue keeps apart what only looks alike: queue and task are two texts', async (seam) => {
    await seam.enqueue(
      newJob('a', { queue: 'x\ny', task: 'z' }),
      newJob('b', { queue: 'x', task: 'y\nz' }),
    );
    const [a, b] = [await seam.job('a'), await seam.job('b')];
    assert.deepEqual([a.queue, a.task, b.queue, b.task], ['x\ny', 'z', 'x', 'y\nz']);
  });
};
