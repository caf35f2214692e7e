// A worker whose database fails for a while, or for good.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { type Logger, task } from 'gigq';
import { GigqError } from '../../dist/core/errors.js';
import type { ErrorCode } from '../../dist/core/error-codes.js';
import { pause } from '../helpers/pauses.ts';
import { found, Gate, next, place } from '../helpers/worker-place.ts';
import { mutedStore, startSession } from '../helpers/worker-session.ts';

let runs = 0;
const counted = task('counted', async () => {
  runs += 1;
  return runs;
});
const gates = new Map<string, Gate>();
const wait = task('wait', async (_: {}, { job }) => {
  const gate = new Gate();
  gates.set(job.id, gate);
  await gate.passed;
  return 'done';
});

function error(code: ErrorCode): GigqError {
  return new GigqError(code, 'made up by the test');
}

const oftenPolled = { pollingInterval: '50ms', tasks: [counted] } as const;
const passing: readonly ErrorCode[] = ['database_busy', 'database_full', 'database_readonly'];

describe('a database error that passes', { concurrency: true }, () => {
  for (const code of passing) {
    it(`does not end the worker or cost a slot: ${code} while claiming`, async (t) => {
      const here = place(t);
      let failures = 0;
      const store = mutedStore(here, (op, _input, pass) => {
        if (op !== 'claim' || failures === 3) return pass();
        failures += 1;
        return Promise.reject(error(code));
      });
      await startSession(t, store, { ...oftenPolled, concurrency: 2 });
      const handles = await counted.submitMany(here.queue, [{}, {}, {}]);
      for (const handle of handles) await handle.result();
      assert.equal(failures, 3);
    });

    it(`is met by sending the settlement again, without running the job again: ${code}`, async (t) => {
      const here = place(t);
      let failures = 0;
      const store = mutedStore(here, (op, _input, pass) => {
        if (op !== 'settle' || failures === 3) return pass();
        failures += 1;
        return Promise.reject(error(code));
      });
      await startSession(t, store, oftenPolled);
      const handle = await counted.submit(here.queue);
      await handle.result();
      assert.equal((await here.queue.getStatus(handle.id))?.executionCount, 1);
      assert.equal(failures, 3);
    });
  }

  it('of its last claim keeps nobody who stops waiting until the deadline', async (t) => {
    const claimed = new Gate();
    const store = mutedStore(place(t), async (op, _input, pass) => {
      if (op !== 'claim') return pass();
      await claimed.passed;
      throw error('database_unreachable');
    });
    const { session } = await startSession(t, store, oftenPolled);
    const stopped = session.stop(3_600_000);
    claimed.open();
    await stopped;
  });

  it('leaves the settlement in doubt: the one that was recorded is not recorded twice', async (t) => {
    const here = place(t);
    let answers = 0;
    const store = mutedStore(here, async (op, _input, pass) => {
      const reply = await pass();
      if (op !== 'settle' || ++answers > 1) return reply;
      throw error('database_busy');
    });
    const { events } = await startSession(t, store, oftenPolled);
    const handle = await counted.submit(here.queue);
    await once(events, 'completed');
    const info = await here.queue.getStatus(handle.id);
    assert.deepEqual([info?.status, info?.executionCount, answers], ['completed', 1, 2]);
  });

  it('of one settlement does not keep the others of its batch from being recorded', async (t) => {
    const here = place(t);
    const store = mutedStore(here, (op, input, pass) => {
      const isPoisoned = op === 'settle' && JSON.stringify(input).includes('poison');
      return isPoisoned ? Promise.reject(error('too_large')) : pass();
    });
    const picky = task('picky', async ({ result }: { result: string }) => result);
    await startSession(t, store, { ...oftenPolled, tasks: [picky], concurrency: 3 });
    const handles = await picky.submitMany(
      here.queue,
      ['a', 'poison', 'b'].map((result) => ({ result })),
    );
    assert.deepEqual(await Promise.all([handles[0]?.result(), handles[2]?.result()]), ['a', 'b']);
  });

  it('is logged once in five seconds, however often it comes', async (t) => {
    const here = place(t);
    const said: unknown[] = [];
    const log = (fields: unknown): void => {
      said.push((fields as { err?: { code?: unknown } }).err?.code);
    };
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    let failures = 0;
    const store = mutedStore(here, (op, _input, pass) => {
      if (op !== 'claim' || failures === 4) return pass();
      return Promise.reject(error(++failures % 2 === 0 ? 'database_busy' : 'database_full'));
    });
    await startSession(t, store, { ...oftenPolled, logger });
    await (await counted.submit(here.queue)).result();
    assert.deepEqual(
      said.filter((code) => code !== undefined),
      ['database_full', 'database_busy'],
    );
  });
});

describe('a write lock held by somebody else', { concurrency: true }, () => {
  it('delays claims and settlements, and loses nothing', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const handle = await wait.submit(here.queue);
    await next(worker, 'started');
    const other = new DatabaseSync(here.database);
    other.exec('BEGIN IMMEDIATE');
    (await found(() => gates.get(handle.id), 'the handler')).open();
    await pause(300);
    assert.equal(await handle.status(), 'running');
    other.exec('ROLLBACK');
    other.close();
    assert.equal(await handle.result(), 'done');
    await (await counted.submit(here.queue)).result();
  });

  it('does not hold up the stop of an idle worker', async (t) => {
    const here = place(t);
    const worker = await here.started();
    const other = new DatabaseSync(here.database);
    other.exec('BEGIN IMMEDIATE');
    const startedAtMs = performance.now();
    await worker.stop();
    assert.ok(performance.now() - startedAtMs < 1500);
    other.exec('ROLLBACK');
    other.close();
  });

  it('is not waited for beyond the deadline of a stop: start() then rejects with the cause', async (t) => {
    const here = place(t);
    const worker = here.worker();
    const done = worker.start();
    const handle = await wait.submit(here.queue);
    await next(worker, 'started');
    const other = new DatabaseSync(here.database);
    other.exec('BEGIN IMMEDIATE');
    (await found(() => gates.get(handle.id), 'the handler')).open();
    const startedAtMs = performance.now();
    const [end] = await Promise.allSettled([done, worker.stop({ timeout: '100ms' })]);
    assert.ok(performance.now() - startedAtMs < 7500);
    assert.equal((end as PromiseRejectedResult).reason?.code, 'database_busy');
    other.exec('ROLLBACK');
    other.close();
  });
});

describe('a database that is lost for good', { concurrency: true }, () => {
  for (const code of ['database_corrupt', 'database_replaced', 'schema_newer'] as const) {
    it(`ends the worker with the cause: ${code}`, async (t) => {
      const here = place(t);
      const worker = here.worker();
      const reasons: unknown[] = [];
      const obedient = task(`obedient-${code}`, async (_: {}, { signal }) => {
        await once(signal, 'abort');
        reasons.push((signal.reason as { code: unknown }).code);
      });
      let isLost = false;
      const store = mutedStore(here, (_op, _input, pass) =>
        isLost ? Promise.reject(error(code)) : pass(),
      );
      const { session, events } = await startSession(t, store, {
        tasks: [obedient],
        pollingInterval: '50ms',
      });
      await obedient.submit(here.queue);
      await once(events, 'started');
      isLost = true;
      await found(() => session.isStopping, 'the end');
      await session.stop(0);
      assert.deepEqual(reasons, ['lease_lost']);
      await assert.rejects(session.run({ jobs: 1, untilIdle: false }), { code });
      assert.equal(worker.running, false);
    });
  }
});
