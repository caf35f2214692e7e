// What a job is given by those that it waits for: references in its params, and parents' results.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Job, type Settled, task, Workflow } from 'gigq';
import { z } from 'zod';
import { untyped } from '../helpers/any.ts';
import { assertRefused } from '../helpers/rejection.ts';
import { place } from '../helpers/worker-place.ts';

interface Page {
  readonly url: string;
  readonly words: number;
}

const fetchPage = task('ref.fetch', async ({ url }: { url: string }): Promise<Page> => {
  if (url.startsWith('bad')) throw new Error(`no answer from ${url}`);
  return { url, words: url.length };
});
const count = task('ref.count', async ({ pages }: { pages: readonly Page[] }) =>
  pages.reduce((sum, { words }) => sum + words, 0),
);
const survey = task('ref.survey', async ({ pages }: { pages: readonly Settled<Page>[] }) =>
  pages.map((page) => (page.status === 'completed' ? page.result.words : page.error.message)),
);
const echo = task('ref.echo', async (value: unknown) => value);
const parents = task('ref.parents', async (_: {}, { parentResults }) => parentResults);

const once = { maxAttempts: 1 } as const;

describe('references', () => {
  it('put plain values into the params of a dependent', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Count');
    const pages = ['a', 'bb', 'ccc'].map((url) => workflow.addTask(fetchPage, { url }));
    const sum = workflow.addTask(count, { pages: pages.map((page) => page.result) });
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    assert.equal(await handle.result(sum), 6);
    assert.equal(await count({ pages: [{ url: 'a', words: 1 }] }), 1, 'it is still a function');
    const info = await here.queue.getStatus(sum.id);
    assert.deepEqual(info?.params, { pages: [null, null, null] }, 'stored beside the params');
    assert.deepEqual(
      info?.dependencies,
      pages.map(({ id }) => id),
    );
  });

  it('go wherever they stand, all of the params included, and leave what looks like one alone', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Echo');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const all = workflow.addTask(echo, page.result);
    const deep = workflow.addTask(echo, {
      a: [{ b: page.result }, page.settled],
      c: { $ref: page.id },
    });
    const key = workflow.addTask(echo, { 'a.b[0]': page.result, '': page.result });
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    const result = { url: 'a', words: 1 };
    assert.deepEqual(await handle.result(all), result);
    assert.deepEqual(await handle.result(deep), {
      a: [{ b: result }, { status: 'completed', result }],
      c: { $ref: page.id },
    });
    assert.deepEqual(await handle.result(key), { 'a.b[0]': result, '': result });
  });

  it('to settled results tell what failed to a job that runs whatever happened', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Survey');
    const urls = ['a', 'bad', 'ccc'];
    const pages = urls.map((url) => workflow.addTask(fetchPage, { url }, once));
    const options = { onParentFailure: 'run' } as const;
    const last = workflow.addTask(survey, { pages: pages.map((page) => page.settled) }, options);
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    assert.deepEqual(await handle.result(last), [1, 'no answer from bad', 3]);
    assert.equal((await handle.status()).status, 'failed');
  });

  it('to a job that was cancelled tell so, though it left no error', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Cancelled');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const options = { onParentFailure: 'run' } as const;
    const last = workflow.addTask(survey, { pages: [page.settled] }, options);
    const handle = await workflow.submitAll(here.queue);
    await here.queue.cancel(page.id);
    await here.worker().drain();
    assert.deepEqual(await handle.result(last), [`Job ${page.id} was cancelled`]);
  });

  it('to one result may be many', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Many');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const many = Array.from({ length: 20_000 }, () => page.result);
    const sum = workflow.addTask(count, { pages: many });
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    assert.equal(await handle.result(sum), 20_000);
  });

  it('to a job that was cancelled by hand do not tell of an attempt before', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Between attempts');
    const options = { retryDelay: '1h' } as const;
    const page = workflow.addTask(fetchPage, { url: 'bad' }, options);
    const last = workflow.addTask(survey, { pages: [page.settled] }, { onParentFailure: 'run' });
    const handle = await workflow.submitAll(here.queue);
    const worker = here.worker();
    await worker.drain();
    await here.queue.cancel(page.id);
    await worker.drain();
    assert.deepEqual(await handle.result(last), [`Job ${page.id} was cancelled`]);
  });

  it('at places of more than 16 MiB together are refused', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Long keys');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    workflow.addTask(echo, {
      ['k'.repeat(100_000)]: Array.from({ length: 170 }, () => page.result),
    });
    await assertRefused(
      () => workflow.submitAll(here.queue),
      'too_large',
      /places of its references/u,
    );
    assert.equal((await here.queue.stats()).total, 0);
  });

  it('are checked by the schema when the job runs, not before', async (t) => {
    const here = place(t);
    const strict = task(
      'ref.strict',
      { params: z.object({ n: z.number().min(5) }) },
      async ({ n }) => n,
    );
    const workflow = new Workflow('Schema');
    const small = workflow.addTask(count, { pages: [] });
    const refused = workflow.addTask(strict, { n: small.result });
    await workflow.submitAll(here.queue);
    await here.worker().drain();
    const info = await here.queue.getStatus(refused.id);
    assert.deepEqual([info?.status, info?.attempts], ['failed', 1]);
    assert.match(info?.error?.message ?? '', /params\.n/u);
    const other = new Workflow('Schema');
    other.addTask(strict, { n: 1 });
    await assertRefused(() => other.submitAll(here.queue), 'params_invalid', /n/u);
  });

  it('are no text', () => {
    const page = new Workflow('Text').addTask(fetchPage, { url: 'a' });
    const result: unknown = page.result;
    for (const use of [
      () => String(result),
      () => JSON.stringify({ result }),
      () => 'page: '.concat(untyped(result)),
    ]) {
      assert.throws(use, {
        code: 'invalid_option',
        message: /result of 'ref\.fetch' is not there yet/u,
      });
    }
  });

  it('outside of a workflow are refused', async (t) => {
    const here = place(t);
    const page = new Workflow('Outside').addTask(fetchPage, { url: 'a' });
    const job = new Job({ task: 'ref.echo', params: { page: page.result } });
    await assert.rejects(here.queue.submit(job), { name: 'GigqError' });
    assert.equal((await here.queue.stats()).total, 0);
  });

  it('over 16 MiB together fail the job once, and say so', async (t) => {
    const here = place(t);
    const large = task('ref.large', async () => 'x'.repeat(1_000_000));
    const size = task('ref.size', async ({ all }: { all: readonly string[] }) => all.length);
    const workflow = new Workflow('Large');
    const one = workflow.addTask(large);
    const fits = workflow.addTask(size, { all: Array.from({ length: 16 }, () => one.result) });
    const over = workflow.addTask(size, { all: Array.from({ length: 17 }, () => one.result) });
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    assert.equal(await handle.result(fits), 16);
    const info = await here.queue.getStatus(over.id);
    assert.deepEqual([info?.status, info?.attempts], ['failed', 1]);
    assert.match(info?.error?.message ?? '', /over 16 MiB together/u);
  });
});

describe("parents' results", () => {
  it('are passed by id, in the order of the dependencies, null for who did not complete', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Results');
    const bad = workflow.addTask(fetchPage, { url: 'bad' }, once);
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const node = workflow.addTask(parents, {}, { dependsOn: [page, bad], onParentFailure: 'run' });
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    const results = await handle.result(node);
    assert.deepEqual(Object.entries(results as object), [
      [page.id, { url: 'a', words: 1 }],
      [bad.id, null],
    ]);
  });

  it('are passed by default only where the params refer to none', async (t) => {
    const here = place(t);
    const both = task(
      'ref.both',
      async (_: unknown, { parentResults }) => Object.keys(parentResults).length,
    );
    const workflow = new Workflow('Default');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const plain = workflow.addTask(both, {}, { dependsOn: [page] });
    const referring = workflow.addTask(both, { page: page.result });
    const asked = workflow.addTask(both, { page: page.result }, { passParentResults: true });
    const silent = workflow.addTask(both, {}, { dependsOn: [page], passParentResults: false });
    const handle = await workflow.submitAll(here.queue);
    await here.worker().drain();
    const counts = [plain, referring, asked, silent].map((node) => handle.result(node));
    assert.deepEqual(await Promise.all(counts), [1, 0, 1, 0]);
  });

  it('are there for jobs that name their dependencies by id', async (t) => {
    const here = place(t);
    const page = await fetchPage.submit(here.queue, { url: 'a' });
    const dependent = await parents.submit(here.queue, {}, { dependencies: [page.id] });
    assert.equal(await dependent.status(), 'blocked');
    await here.worker().drain();
    assert.deepEqual(await dependent.result(), { [page.id]: { url: 'a', words: 1 } });
    const later = await parents.submit(here.queue, {}, { dependencies: [page.id] });
    assert.equal(await later.status(), 'pending', 'a parent that has completed holds nothing up');
  });
});
