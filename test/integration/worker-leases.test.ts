// Leases from both sides: a worker that loses its own, and one that takes the jobs of the dead.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { Job, type JobQueue, type Logger, task } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import { decide } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import type { NewWorker } from '../../dist/core/worker.js';
import type { Reply, Sighting, StoreEvent, WorkerKey } from '../../dist/store/store.js';
import { noSuspects } from '../helpers/store-seam.ts';
import { processIdentity } from '../../dist/worker/identity.js';
import { pause } from '../helpers/pauses.ts';
import { Gate, found, next, place, type Place } from '../helpers/worker-place.ts';
import { type Inside, mutedStore, startSession } from '../helpers/worker-session.ts';

/** What the handlers of jobs that wait are told and let go by, each run on its own. */
const runs: {
  readonly id: string;
  readonly reason: Gate<unknown>;
  readonly release: Gate<string>;
}[] = [];
const wait = task('wait', async (_: {}, { job, signal }) => {
  const run = { id: job.id, reason: new Gate<unknown>(), release: new Gate<string>() };
  signal.addEventListener('abort', () =>
    run.reason.open((signal.reason as { code: unknown }).code),
  );
  runs.push(run);
  return run.release.passed;
});
const noop = task('noop', async () => 'done');

function runOf(id: string, number: number) {
  return found(() => runs.filter((run) => run.id === id)[number - 1], `run ${number}`);
}

async function sightingOf(queue: JobQueue, label: string): Promise<Sighting> {
  const workers = await storeOf(queue).call('workers', null);
  const worker = workers.find((each) => each.label === label && each.state !== 'lost');
  return worker ?? assert.fail(`there is no worker ${label}`);
}

/** Takes the worker's jobs as a sweeper would that holds it for dead. */
async function reap(queue: JobQueue, label: string): Promise<readonly ClaimedJob[]> {
  const store = storeOf(queue);
  const jobs = await store.call('expired', await sightingOf(queue, label));
  const error = { name: 'WorkerLost', message: 'held for dead by the test' };
  await store.call(
    'settle',
    jobs.map((job) => decide(job, { kind: 'lost', error }, 0)),
  );
  return jobs;
}

describe('a worker that was held for dead', { concurrency: true }, () => {
  it('gives back what nobody took yet, registers again, and goes on', async (t) => {
    const here = place(t);
    await here.started({ workerId: 'mine', concurrency: 2 });
    const handle = await wait.submit(here.queue);
    const first = await runOf(handle.id, 1);
    const { epoch } = await sightingOf(here.queue, 'mine');
    await storeOf(here.queue).call('expired', await sightingOf(here.queue, 'mine'));
    await noop.submit(here.queue);
    assert.equal(await first.reason.passed, 'lease_lost');
    first.release.open('of the first run');
    (await runOf(handle.id, 2)).release.open('of the second run');
    assert.equal(await handle.result(), 'of the second run');
    assert.equal((await sightingOf(here.queue, 'mine')).epoch, epoch + 1);
    const info = await here.queue.getStatus(handle.id);
    assert.deepEqual(
      [info?.attempts, info?.executions.map(({ status }) => status)],
      [1, ['released', 'completed']],
    );
  });

  it('changes nothing by what its handlers return late, and says that the job was lost', async (t) => {
    const here = place(t);
    const zombie = await here.started({
      workerId: 'zombie',
      queues: ['default'],
      pollingInterval: '1h',
    });
    const handle = await wait.submit(here.queue);
    const first = await runOf(handle.id, 1);
    const lost = next(zombie, 'lost');
    await reap(here.queue, 'zombie');
    await here.started({ workerId: 'other', tasks: [wait] });
    first.release.open('of the zombie');
    const [job] = await lost;
    assert.equal(job.id, handle.id);
    (await runOf(handle.id, 2)).release.open('of the other');
    assert.equal(await handle.result(), 'of the other');
    const info = await here.queue.getStatus(handle.id);
    assert.deepEqual(
      info?.executions.map(({ status }) => status),
      ['lost', 'completed'],
    );
  });

  it('tells its handlers within 2 s that their lease is lost', async (t) => {
    const here = place(t);
    const { session } = await startSession(t, mutedStore(here), {
      workerId: 'zombie',
      tasks: [wait],
    });
    const handle = await wait.submit(here.queue);
    session.requestTurn();
    const run = await runOf(handle.id, 1);
    const startedAtMs = performance.now();
    await reap(here.queue, 'zombie');
    assert.equal(await run.reason.passed, 'lease_lost');
    assert.ok(performance.now() - startedAtMs < 2000);
    run.release.open('');
  });
});

describe('a claim whose answer was long on its way', () => {
  /** Waits for more than half a lease, and lets a test do something meanwhile. */
  async function slowly(t: TestContext, here: Place, meanwhile: () => Promise<unknown>) {
    const store = mutedStore(here, async (op, _, pass) => {
      const reply = await pass();
      if (op !== 'claim' || (reply as Reply<'claim'>).jobs.length === 0) return reply;
      await meanwhile();
      await pause(600);
      return reply;
    });
    return startSession(t, store, { tasks: [noop], leaseDuration: '1s', pollingInterval: '50ms' });
  }

  it('does not begin a job that it has lost', async (t) => {
    const here = place(t);
    const { id } = await noop.submit(here.queue);
    const { events } = await slowly(t, here, () => here.queue.cancel(id));
    const [job] = await once(events, 'cancelled');
    assert.equal((job as { id: string }).id, id);
    assert.equal((await here.queue.getStatus(id))?.result, null);
  });

  it('begins one that it still holds', async (t) => {
    const here = place(t);
    const handle = await noop.submit(here.queue);
    await slowly(t, here, () => Promise.resolve());
    assert.equal(await handle.result(), 'done');
  });
});

describe('a lease in danger', () => {
  async function inDanger(
    t: TestContext,
    here: Place,
  ): Promise<Inside & { tell(event: StoreEvent): void }> {
    const listeners: ((event: StoreEvent) => void)[] = [];
    const store = mutedStore(here);
    const subscribe = (_: string, listener: (event: StoreEvent) => void): (() => void) => {
      listeners.push(listener);
      return () => {};
    };
    const inside = await startSession(
      t,
      { ...store, subscribe },
      { tasks: [wait], pollingInterval: '50ms' },
    );
    const tell = (event: StoreEvent): void => listeners[0]?.(event);
    return { ...inside, tell };
  }

  it('aborts what runs, and gives it back without using up an attempt', async (t) => {
    const here = place(t);
    const { session, events, tell } = await inDanger(t, here);
    const handle = await wait.submit(here.queue);
    const run = await runOf(handle.id, 1);
    const lost = once(events, 'lost');
    tell({ type: 'lease', instance: session.instance, state: 'danger' });
    assert.equal(await run.reason.passed, 'lease_lost');
    run.release.open('too late');
    await lost;
    (await runOf(handle.id, 2)).release.open('again');
    assert.equal(await handle.result(), 'again');
    assert.equal((await here.queue.getStatus(handle.id))?.attempts, 1);
  });

  it('of another worker is none of its business', async (t) => {
    const here = place(t);
    const { tell } = await inDanger(t, here);
    const handle = await wait.submit(here.queue);
    const run = await runOf(handle.id, 1);
    tell({ type: 'lease', instance: randomUUID(), state: 'danger' });
    run.release.open('undisturbed');
    assert.equal(await handle.result(), 'undisturbed');
  });
});

describe('a sweep', { concurrency: true }, () => {
  /** A worker by hand that has claimed all that there is. */
  async function claimAll(queue: JobQueue, who: Partial<NewWorker>): Promise<WorkerKey> {
    const store = storeOf(queue);
    const rest = {
      label: 'dead',
      version: '0',
      queues: null,
      tasks: ['foreign'],
      processTasks: [],
      moduleTasks: [],
      concurrency: 1000,
      leaseMs: 30_000,
    };
    const key = await store.call('register', {
      ...processIdentity(),
      ...rest,
      instance: randomUUID(),
      ...who,
    });
    const slots = Array.from({ length: 1000 }, (_, slot) => `dead-${slot}`);
    let taken = 1;
    while (taken > 0) {
      const claim = await store.call('claim', {
        worker: key,
        tasks: ['foreign'],
        queues: null,
        slots,
        ...noSuspects,
      });
      taken = claim.jobs.length;
    }
    return key;
  }

  const foreign = (count: number): Job[] =>
    Array.from({ length: count }, () => new Job({ task: 'foreign' }));
  const gone = { pid: 2 ** 22 + 1 };

  it('takes the jobs of a process that is gone, also of tasks that the sweeper does not have', async (t) => {
    const here = place(t);
    await here.queue.submitMany(foreign(2500));
    await claimAll(here.queue, gone);
    assert.equal((await here.queue.stats()).running, 2500);
    assert.equal(await here.worker({ tasks: [noop] }).drain(), 0);
    const stats = await here.queue.stats();
    assert.deepEqual([stats.running, stats.pending], [0, 2500]);
    const [job] = await here.queue.listJobs({ limit: 1 });
    const info = await here.queue.getStatus(job?.id ?? '');
    assert.deepEqual([info?.attempts, info?.executions[0]?.status], [0, 'lost']);
    assert.match(
      info?.executions[0]?.error?.message ?? '',
      /^Worker dead is gone: its process 4194305 on .* has ended$/u,
    );
  });

  it('takes what a worker left behind that was marked lost by somebody who died then', async (t) => {
    const here = place(t);
    await here.queue.submitMany(foreign(3));
    await claimAll(here.queue, {});
    await storeOf(here.queue).call('expired', await sightingOf(here.queue, 'dead'));
    await here.worker({ tasks: [noop] }).drain();
    assert.equal((await here.queue.stats()).pending, 3);
  });

  it('leaves alone a living worker, and one whose process cannot be checked', async (t) => {
    const here = place(t);
    await here.queue.submitMany(foreign(1));
    await claimAll(here.queue, {});
    await here.queue.submitMany(foreign(1));
    await claimAll(here.queue, { ...gone, pidNamespace: 'pid:[1]' });
    await here.worker({ tasks: [noop] }).drain();
    assert.equal((await here.queue.stats()).running, 2);
  });

  it('that fails is logged, and the next one is made', async (t) => {
    const here = place(t);
    await here.queue.submitMany(foreign(1));
    await claimAll(here.queue, gone);
    const said: string[] = [];
    const log = (_: unknown, message = ''): void => void said.push(message);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    let failures = 0;
    const store = mutedStore(here, (op, _input, pass) => {
      if (op !== 'workers' || failures > 0) return pass();
      failures += 1;
      return Promise.reject(new Error('made up by the test'));
    });
    await startSession(t, store, { tasks: [noop], leaseDuration: '1s', logger });
    await found(async () => (await here.queue.stats()).pending === 1, 'the next sweep');
    assert.ok(said.includes('Looking for dead workers failed; it is tried again'));
  });
});
