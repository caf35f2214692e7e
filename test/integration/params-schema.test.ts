import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, describe, test } from 'node:test';
import { JobQueue, task } from 'gigq';
import * as valibot from 'valibot';
import { z } from 'zod';
import { untyped } from '../helpers/any.ts';
import { assertRefused, rejection } from '../helpers/rejection.ts';
import { turn } from '../helpers/store-turn.ts';

const queue = new JobQueue(':memory:', { inPlace: true });
after(() => queue.close());

const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);
const email = task(
  'email',
  { params: z.object({ to: z.email(), times: z.coerce.number<string>().default(1) }) },
  ({ to }) => to,
);
async function statusOf(
  id: string,
): Promise<NonNullable<Awaited<ReturnType<JobQueue['getStatus']>>>> {
  return (await queue.getStatus(id)) ?? assert.fail('there is no such job');
}

async function total(): Promise<number> {
  return (await queue.stats()).total;
}

describe('a schema checks the params', () => {
  test('at submit, and every path is named', async () => {
    const before = await total();
    await assertRefused(
      () => email.submit(queue, untyped({ to: 5, times: 'x' })),
      'params_invalid',
      /^params\.to: .*; params\.times: /u,
    );
    assert.equal(await total(), before);
  });

  test('and they are stored as given', async () => {
    const { id } = await email.submit(queue, { to: 'a@b.co' });
    assert.deepEqual((await statusOf(id)).params, { to: 'a@b.co' });
  });

  test('as JSON has them: that is all that a worker will see', async () => {
    const dated = task('dated', { params: z.object({ at: z.date() }) }, ({ at }) => at.getTime());
    await assertRefused(
      () => dated.submit(queue, { at: new Date() }),
      'params_invalid',
      /^params\.at: /u,
    );
    const coerced = task(
      'coerced',
      { params: z.object({ at: z.coerce.date<Date>() }) },
      ({ at }) => at,
    );
    await coerced.submit(queue, { at: new Date() });
  });

  test('also of a Job that was made from the task', async () => {
    const job = email.toJob(untyped({ to: 'nobody' }));
    await assertRefused(() => queue.submit(job), 'params_invalid', /^params\.to: /u);
    await assertRefused(
      () => queue.submitMany([job]),
      'params_invalid',
      /^jobs\[0\]\.params\.to: /u,
    );
  });

  test('asynchronously too, and the order stands once it is awaited', async () => {
    const known = valibot.checkAsync((id: number) => Promise.resolve(id < 10), 'unknown id');
    const params = valibot.pipeAsync(valibot.number(), known);
    const byId = task('by-id', { params }, (id) => id);
    const { id } = await byId.submit(queue, 5);
    assert.equal((await statusOf(id)).params, 5);
    await assertRefused(() => byId.submit(queue, 50), 'params_invalid', /^params: unknown id$/u);
    await assertRefused(
      () => byId.submitMany(queue, [1, 50, untyped('x'), 2]),
      'params_invalid',
      /^params\[[12]\]: /u,
    );
    // A job that is refused at once leaves nobody to see that another one is refused later.
    const batch = [byId.toJob(50), greet.toJob(untyped({ at: 5n }))];
    await assertRefused(() => queue.submitMany(batch), 'not_json', /at/u);
  });

  test('with at most ten issues in the message', async () => {
    const list = task('list', { params: z.array(z.number()) }, (all) => all.length);
    const error = await rejection(() =>
      list.submit(queue, untyped(Array.from({ length: 15 }, String))),
    );
    assert.match(error.message, /^params\[0\]: .*; params\[9\]: .*; and 5 more$/u);
  });
});

test('the process knows of nothing that was rejected and forgotten', async () => {
  const forgotten: unknown[] = [];
  const later = new EventEmitter();
  process.on('unhandledRejection', (reason) => forgotten.push(reason));
  const slow = valibot.pipeAsync(
    valibot.number(),
    valibot.checkAsync(async (n: number) => {
      await once(later, 'now');
      return n < 0;
    }),
  );
  const late = task('late', { params: slow }, (n) => n);
  await assertRefused(
    () => queue.submitMany([late.toJob(1), untyped(0)]),
    'invalid_option',
    /a Job/u,
  );
  later.emit('now');
  await turn();
  assert.deepEqual(forgotten, []);
});
