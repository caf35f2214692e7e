// A server that ends in the middle of things, and is there again some moments later.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Job, JobQueue, task, type Worker } from 'gigq';
import { Cluster } from '../helpers/postgres-cluster.ts';
import { commit, Proxy } from '../helpers/postgres-proxy.ts';
import { found, next, place, type Place } from '../helpers/worker-place.ts';

const backWithinMs = 10_000;

let cluster: Cluster;

before(async () => {
  cluster = await Cluster.start();
});

after(() => cluster.remove());

const runs = new Map<string, number>();
const noted = task('noted', async (_: {}, { job }) => {
  runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
});

async function behindProxy(t: TestContext): Promise<{ here: Place; proxy: Proxy }> {
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  const { proxy, address } = await Proxy.before(`${cluster.address}?schema=${schema}`);
  return { here: place(t, address), proxy };
}

/** Another client of the same database, with connections of its own. */
function another(t: TestContext, { database }: Place): JobQueue {
  const queue = new JobQueue(`${database}&application_name=another`);
  t.after(() => queue.close());
  return queue;
}

async function submitOneByOne(queue: JobQueue, ids: readonly string[]): Promise<void> {
  for (const id of ids) await queue.submit(new Job({ id, task: 'noted' }));
}

/** The server ends when these words are on their way to it, and is started again. */
async function crashAt(proxy: Proxy, words: string): Promise<void> {
  const way = await proxy.next(words);
  await cluster.crash();
  way.release();
  await cluster.restart();
}

async function assertRanOnce({ queue }: Place, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { status, attempts, executions } = (await queue.getStatus(id)) ?? assert.fail(id);
    const completed = executions.filter((each) => each.status === 'completed');
    assert.deepEqual([status, attempts, completed.length], ['completed', 1, 1], id);
    assert.equal(runs.get(id), 1, id);
  }
}

describe('a server that is ended without a word and started again', () => {
  test('in the middle of submits, claims and settlements: nothing is lost, nothing runs twice', async (t) => {
    const { here, proxy } = await behindProxy(t);
    const ids = Array.from({ length: 300 }, (_, n) => `load-${n}`);
    const worker = await here.started({ concurrency: 4, tasks: [noted] });
    const submitted = submitOneByOne(another(t, here), ids);
    for (const words of ['gigq_claim', 'gigq_settle', 'gigq_enqueue', commit]) {
      await crashAt(proxy, words);
      await assertGoesOn(worker);
    }
    await submitted;
    await found(async () => (await here.queue.stats()).completed === ids.length, 'all to end');
    await assertRanOnce(here, ids);
  });

  test('while everybody is idle: nobody ends, and the next job is run', async (t) => {
    const { here } = await behindProxy(t);
    const worker = await here.started({ tasks: [noted] });
    await cluster.crash();
    await cluster.restart();
    const goesOn = assertGoesOn(worker);
    await noted.submit(here.queue);
    await goesOn;
  });
});

async function assertGoesOn(worker: Worker): Promise<void> {
  const sinceMs = performance.now();
  await next(worker, 'completed');
  assert.ok(performance.now() - sinceMs < backWithinMs);
}

describe('a submit whose commit was carried out unheard', () => {
  test('resolves, and stores its job once', async (t) => {
    const { here, proxy } = await behindProxy(t);
    await here.queue.stats().catch(() => undefined);
    for (const job of [new Job({ task: 'noted', id: 'named' }), new Job({ task: 'noted' })]) {
      proxy.commitsToCut = 1;
      await here.queue.submit(job);
      assert.equal(proxy.commitsToCut, 0);
    }
    assert.equal((await here.queue.stats()).total, 2);
  });
});
