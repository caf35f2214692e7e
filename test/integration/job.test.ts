import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Job, JobQueue, task } from 'gigq';
import { z } from 'zod';
import { untyped } from '../helpers/any.ts';
import { assertRefused } from '../helpers/rejection.ts';

const queue = new JobQueue(':memory:', { inPlace: true });
after(() => queue.close());

const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);
const email = task('email', { params: z.object({ to: z.email() }) }, ({ to }) => to);
const careful = task(
  'careful',
  { queue: 'slow', name: 'Careful', priority: 3, maxAttempts: 9 },
  () => 1,
);

async function statusOf(
  id: string,
): Promise<NonNullable<Awaited<ReturnType<JobQueue['getStatus']>>>> {
  return (await queue.getStatus(id)) ?? assert.fail('there is no such job');
}

async function total(): Promise<number> {
  return (await queue.stats()).total;
}

describe('a Job', () => {
  test('has an id of its own before it is submitted, and is stored under it', async () => {
    const job = new Job({
      task: 'greet',
      params: { name: 'Bob' },
      priority: 10,
      description: 'by name',
    });
    const handle = await queue.submit(job);
    const { priority, description, params, name } = await statusOf(job.id);
    assert.equal(handle.id, job.id);
    assert.equal(handle.toString(), job.id);
    assert.deepEqual(
      { priority, description, params, name },
      {
        priority: 10,
        description: 'by name',
        params: { name: 'Bob' },
        name: 'greet',
      },
    );
  });

  test('that is submitted twice is stored once', async () => {
    const before = await total();
    const job = greet.toJob({ name: 'once' });
    const [first, second] = await Promise.all([queue.submit(job), queue.submit(job)]);
    const [third] = await queue.submitMany([job, job]);
    assert.deepEqual([first.id, second.id, third?.id], [job.id, job.id, job.id]);
    assert.equal(await total(), before + 1);
  });

  test('may have an id that you chose; whoever is first with it is stored', async () => {
    await queue.submit(new Job({ task: 'greet', id: 'order-1', params: { name: 'first' } }));
    const handle = await queue.submit(
      new Job({ task: 'greet', id: 'order-1', params: { name: 'second' } }),
    );
    assert.equal(handle.id, 'order-1');
    assert.deepEqual((await statusOf('order-1')).params, { name: 'first' });
  });

  test('of a task has the defaults of the task', async () => {
    const job = new Job({ task: careful, maxAttempts: 2 });
    await queue.submit(job);
    const { priority, maxAttempts, queue: lane } = await statusOf(job.id);
    assert.deepEqual(
      [job.task, job.name, priority, maxAttempts, lane],
      ['careful', 'Careful', 3, 2, 'slow'],
    );
  });

  const refused: readonly [title: string, options: unknown, message: RegExp][] = [
    ['without options', undefined, /^Job: expected an object of options, got undefined/u],
    ['without a task', {}, /^Job: task: expected a task or the name of one, got undefined/u],
    [
      'with a function for a task',
      { task: () => 1 },
      /^Job: task: expected a task or the name of one/u,
    ],
    ['with a task that cannot be named so', { task: 'a b' }, /cannot be named/u],
    [
      'with an empty id',
      { task: 'a', id: '' },
      /^Job: id: expected a text of 1 to 128 characters/u,
    ],
    ['with an id that is a number', { task: 'a', id: 5 }, /^Job: id: expected .*, got 5/u],
    ['with a typo', { task: 'a', param: {} }, /^Job: unknown option 'param'/u],
  ];
  for (const [title, options, message] of refused) {
    test(`${title} is refused`, async () => {
      await assertRefused(() => new Job(untyped(options)), 'invalid_option', message);
    });
  }

  test('is the only thing that submit takes', async () => {
    const fake = untyped({ id: 'x', task: 'greet', params: {} });
    await assertRefused(() => queue.submit(fake), 'invalid_option', /submit\(\): expected a Job/u);
    await assertRefused(() => queue.submitMany([fake]), 'invalid_option', /expected a Job/u);
  });

  test('made by toJob takes the same options as submit', async () => {
    const options = untyped({ id: 'mine' });
    await assertRefused(
      () => greet.toJob({}, options),
      'invalid_option',
      /task 'greet': unknown option 'id'/u,
    );
    assert.equal(greet.toJob({}, { name: 'Hello' }).name, 'Hello');
  });
});

describe('submitting many', () => {
  test('stores a job for each, in order, with the same options', async () => {
    const handles = await greet.submitMany(queue, [{ name: 'a' }, {}, { name: 'c' }], {
      queue: 'many',
    });
    const infos = (await queue.listJobs({ queue: 'many' })).toReversed();
    assert.deepEqual(
      infos.map(({ id }) => id),
      handles.map(({ id }) => id),
    );
    assert.deepEqual(
      infos.map(({ params }) => params),
      [{ name: 'a' }, {}, { name: 'c' }],
    );
  });

  test('is all or none, and what is refused is named by its place', async () => {
    const before = await total();
    const params = [{ name: 'a' }, untyped({ name: 1n })];
    await assertRefused(() => greet.submitMany(queue, params), 'not_json', /params\[1\]\.name/u);
    await assertRefused(
      () => email.submitMany(queue, [{ to: 'a@b.co' }, { to: 'b' }]),
      'params_invalid',
      /^params\[1\]\.to: /u,
    );
    const jobs = params.map((each) => new Job({ task: greet, params: each }));
    await assertRefused(() => queue.submitMany(jobs), 'not_json', /jobs\[1\]\.params\.name/u);
    assert.equal(await total(), before);
  });

  test('more than 50,000 are refused before any of them is looked at', async () => {
    const params = Array.from({ length: 50_001 }, () => untyped({ name: 1n }));
    await assertRefused(
      () => greet.submitMany(queue, params),
      'too_large',
      /50001 jobs are too many/u,
    );
    const jobs = Array.from({ length: 50_001 }, () => untyped(undefined));
    await assertRefused(() => queue.submitMany(jobs), 'too_large', /at most 50000/u);
  });

  test('none at all is fine', async () => {
    assert.deepEqual(await greet.submitMany(queue, []), []);
    assert.deepEqual(await queue.submitMany([]), []);
  });

  test('what is no array is refused', async () => {
    await assertRefused(
      () => greet.submitMany(queue, untyped({})),
      'invalid_option',
      /expected an array/u,
    );
    await assertRefused(
      () => queue.submitMany(untyped('x')),
      'invalid_option',
      /expected an array/u,
    );
  });
});
