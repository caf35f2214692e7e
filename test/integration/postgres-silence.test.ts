// A network on which nothing passes any more, in one direction or in both, and nobody is told.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { type JobHandle, task, type WorkerOptions } from 'gigq';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import { type Direction, Proxy } from '../helpers/postgres-proxy.ts';
import { FakeClock } from '../helpers/store-clock.ts';
import { freshSchema } from '../helpers/store-postgres.ts';
import { within } from '../helpers/store-process.ts';
import { newJob, Seam } from '../helpers/store-seam.ts';
import { found, place, type Place } from '../helpers/worker-place.ts';

const ways: readonly (readonly Direction[])[] = [['asked'], ['answered'], ['asked', 'answered']];

interface Silent {
  readonly seam: Seam;
  readonly proxy: Proxy;
  readonly close: () => Promise<void>;
}

async function storeBehindProxy(t: TestContext, clock = systemClock): Promise<Silent> {
  const { proxy, address } = await Proxy.before((await freshSchema()).address);
  const store = await openPostgresStore(address, { clock, initialize: true });
  t.after(() => store.close());
  return { seam: new Seam(store, clock as never), proxy, close: () => store.close() };
}

for (const directions of ways) {
  const what = `where nothing that is ${directions.join(' or ')} passes`;

  describe(`a call ${what}`, () => {
    test('is refused when its time is up, and can be made again when it does', async (t) => {
      const { seam, proxy } = await storeBehindProxy(t);
      await seam.enqueue(newJob('a'));
      proxy.silence(...directions);
      for (const id of ['b', 'c']) {
        const call = seam.call('enqueue', [newJob(id)], { waitMs: 200 });
        await within(3000, assert.rejects(call, { code: 'database_unreachable' }));
      }
      proxy.heal();
      await seam.enqueue(newJob('b'), newJob('c'));
      assert.deepEqual(await seam.counted(), { pending: 3 });
    });

    test('holds up nobody who closes', async (t) => {
      const { seam, proxy, close } = await storeBehindProxy(t);
      await seam.worker();
      const end = seam.store.subscribe('work', () => undefined);
      await found(() => [...proxy.ways].some(({ asked }) => asked.includes('LISTEN')), 'the ear');
      proxy.silence(...directions);
      end();
      await within(5000, close(), 'the farewell');
    });
  });
}

// ── workers ─────────────────────────────────────────────────────────────────────────────────────

interface Run {
  readonly beganMs: number;
  endedMs: number;
}

const runsOf = new Map<string, Run[]>();

/** Its first run goes on until it is asked to end. */
const obedient = task('obedient', async (_: {}, { job, signal }) => {
  const runs = runsOf.get(job.id) ?? [];
  runsOf.set(job.id, runs);
  const run = { beganMs: performance.now(), endedMs: Infinity };
  if (runs.push(run) === 1)
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
  run.endedMs = performance.now();
});

const leaseMs = 5000;
const options = {
  leaseDuration: `${leaseMs}ms`,
  pollingInterval: '100ms',
  tasks: [obedient],
} as const;

interface AtWork {
  readonly here: Place;
  readonly proxy: Proxy;
  /** Of the same database, past the proxy. */
  readonly there: Place;
  readonly handle: JobHandle<unknown>;
}

/** A worker whose only way to the server is the proxy, and which runs a job. */
async function atWork(t: TestContext, more: WorkerOptions = {}): Promise<AtWork> {
  const { address } = await freshSchema();
  const { proxy, address: way } = await Proxy.before(address);
  const [here, there] = [place(t, way), place(t, address)];
  await here.started({ ...options, workerId: 'here', ...more });
  const handle = await obedient.submit(there.queue);
  await found(() => runsOf.get(handle.id), 'the run');
  return { here, proxy, there, handle };
}

async function executionsOf({ there, handle }: AtWork): Promise<readonly unknown[]> {
  const { attempts, executions } = (await there.queue.getStatus(handle.id)) ?? assert.fail();
  assert.equal(attempts, 1);
  return executions.map(({ workerId, status }) => [workerId, status]);
}

describe('a worker that hears nothing any more', { concurrency: true }, () => {
  for (const directions of ways) {
    test(`(nothing ${directions.join(' or ')} passes) has stopped before another runs its job, and goes on later`, async (t) => {
      const scene = await atWork(t);
      const { proxy, there, here, handle } = scene;
      await there.started({ ...options, workerId: 'there', queues: ['default'] });
      const silentAtMs = performance.now();
      proxy.silence(...directions);
      await handle.result();
      const [first, second] = runsOf.get(handle.id) ?? assert.fail();
      assert.ok(first !== undefined && second !== undefined);
      assert.ok(first.endedMs - silentAtMs < leaseMs, 'it has stopped in time');
      assert.ok(first.endedMs < second.beganMs, 'never both at a time');
      proxy.heal();
      await goesOn(here);
      assert.deepEqual(await executionsOf(scene), [
        ['here', 'lost'],
        ['there', 'completed'],
      ]);
    });
  }

  test('gives its job back with the old lease when it is heard again before others took it', async (t) => {
    const scene = await atWork(t);
    const { proxy, handle } = scene;
    proxy.silence('asked', 'answered');
    await found(() => (runsOf.get(handle.id)?.[0]?.endedMs ?? Infinity) < Infinity, 'its end');
    proxy.heal();
    await handle.result();
    assert.deepEqual(await executionsOf(scene), [
      ['here', 'released'],
      ['here', 'completed'],
    ]);
  });
});

/** The worker that was cut off runs jobs again. */
async function goesOn({ queue }: Place): Promise<void> {
  const handle = await obedient.submit(queue);
  await found(async () => {
    const [run] = runsOf.get(handle.id) ?? [];
    return run !== undefined;
  }, 'another run');
}

// ── the ear ─────────────────────────────────────────────────────────────────────────────────────

/** The connections on which somebody listens. */
function ears({ ways: all }: Proxy): readonly Pick<Proxy, 'silence'>[] {
  return [...all]
    .filter(({ asked }) => asked.includes('LISTEN'))
    .map((way) => ({ silence: (...directions) => way.hold(...directions) }));
}

/** Lets the time of a store pass until somebody listens again; how much it took. */
async function untilHeard(clock: FakeClock, proxy: Proxy, count: number): Promise<number> {
  const sinceMs = clock.mono();
  await found(async () => {
    await clock.advance(200);
    return ears(proxy).length >= count;
  }, 'an ear');
  return clock.mono() - sinceMs;
}

describe('a connection that only listens', () => {
  test('and is lost unheard costs a job no more than 5 s', async (t) => {
    const { proxy, there, handle } = await atWork(t, { concurrency: 2 });
    for (const ear of ears(proxy)) ear.silence('asked', 'answered');
    const next = await obedient.submit(there.queue);
    const sinceMs = performance.now();
    await found(() => runsOf.get(next.id), 'the run');
    assert.ok(performance.now() - sinceMs < 5000);
    await there.queue.cancel(next.id);
    await handle.cancel();
  });

  test('is made anew within 30 s after it has gone silent', async (t) => {
    const clock = new FakeClock();
    const { seam, proxy } = await storeBehindProxy(t, clock);
    t.after(seam.store.subscribe('work', () => undefined));
    await untilHeard(clock, proxy, 1);
    for (const ear of ears(proxy)) ear.silence('asked', 'answered');
    assert.ok((await untilHeard(clock, proxy, 2)) <= 30_000);
  });

  test('and goes silent while it is made is made anew as well', async (t) => {
    const clock = new FakeClock();
    const { seam, proxy } = await storeBehindProxy(t, clock);
    const asking = proxy.next('pg_backend_pid');
    t.after(seam.store.subscribe('work', () => undefined));
    await asking;
    assert.ok((await untilHeard(clock, proxy, 1)) <= 30_000);
  });
});
