// How others hear of a commit: in this process by a callback, in others by NOTIFY, and behind a pooler by looking.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { type Logger, Worker } from 'gigq';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import type { Interest } from '../../dist/store/store.js';
import { Proxy } from '../helpers/postgres-proxy.ts';
import { FakeClock } from '../helpers/store-clock.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import { within } from '../helpers/store-process.ts';
import { completed, newJob, newJobs, Seam } from '../helpers/store-seam.ts';
import { found } from '../helpers/worker-place.ts';

async function open(t: TestContext, address: string): Promise<Seam> {
  const store = await openPostgresStore(address, { clock: systemClock, initialize: true });
  t.after(() => store.close());
  return new Seam(store, systemClock as never);
}

interface Two {
  readonly mine: Seam;
  readonly theirs: Seam;
  /** Of their connections. */
  readonly name: string;
}

async function two(t: TestContext): Promise<Two> {
  const { address, schema } = await freshSchema();
  const other = new URL(address);
  other.searchParams.set('application_name', schema);
  return { mine: await open(t, address), theirs: await open(t, other.href), name: schema };
}

function hears(seam: Seam, interest: Interest): Promise<void> {
  return new Promise((resolve) => {
    const end = seam.store.subscribe(interest, () => {
      end();
      resolve();
    });
  });
}

/** Their connection that listens, once it does. */
function listening(name: string): Promise<number> {
  return found(async () => {
    const [row] = await query(
      `SELECT pid FROM pg_stat_activity
      WHERE application_name = $1 AND state = 'idle' AND query LIKE 'LISTEN%'`,
      [name],
    );
    return row?.['pid'] as number | undefined;
  }, 'a connection that listens');
}

/** Subscribes for as long as the test takes; once it listens, and has been told so, resolves with what it hears next. */
async function ear(
  t: TestContext,
  { theirs, name }: Two,
  interest: Interest,
): Promise<{ next: Promise<void> }> {
  const told = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  let times = 0;
  const end = theirs.store.subscribe(interest, () => told[times++]?.resolve());
  t.after(end);
  await told[0].promise;
  await listening(name);
  return { next: told[1].promise };
}

describe('another store on the same schema', () => {
  test('hears of new work without looking', async (t) => {
    const both = await two(t);
    const { next } = await ear(t, both, 'work');
    await both.mine.enqueue(newJob('a'));
    await within(5000, next, 'the wake-up');
  });

  test('hears of the end of a job', async (t) => {
    const both = await two(t);
    await both.mine.enqueue(newJob('a'));
    const worker = await both.mine.worker();
    const job = await worker.takeOne();
    const { next } = await ear(t, both, 'change');
    await worker.end(job, completed);
    await within(5000, next, 'the hint');
  });

  test('listens again after its connection was lost, and looks for what it may have missed', async (t) => {
    const both = await two(t);
    const end = both.theirs.store.subscribe('work', () => undefined);
    const pid = await listening(both.name);
    const heard = hears(both.theirs, 'work');
    await query('SELECT pg_terminate_backend($1)', [pid]);
    await within(5000, heard, 'the hint after the loss');
    // The server shows the one that ended for a moment longer.
    await found(
      async () => (await listening(both.name)) !== pid,
      'another connection that listens',
    );
    end();
  });

  test('that nobody listens to has no connection for it', async (t) => {
    const both = await two(t);
    const [row] = await query(
      "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'",
      [both.name],
    );
    assert.equal(Number(row?.['count']), 0);
  });
});

describe('a store that submits', () => {
  test('tells others once for many commits that follow closely', async (t) => {
    const { proxy, address } = await Proxy.before((await freshSchema()).address);
    const clock = new FakeClock();
    const store = await openPostgresStore(address, { clock, initialize: true });
    t.after(() => store.close());
    const mine = new Seam(store, clock);
    const told = (): number => proxy.asked.split('gigq_work_').length - 1;
    for (const job of newJobs(20)) await mine.enqueue(job);
    assert.equal(told(), 1);
    await clock.advance(10);
    await mine.call('get', 'job-0');
    assert.equal(told(), 2, 'of those that came after the first');
    await clock.advance(1000);
    await mine.call('get', 'job-0');
    assert.equal(told(), 2, 'nothing came any more');
  });
});

describe('word of a commit', () => {
  test('is sent between transactions, for it makes one that it is part of forget the disk', async (t) => {
    const { proxy, address } = await Proxy.before((await freshSchema()).address);
    const clock = new FakeClock();
    const store = await openPostgresStore(address, { clock, initialize: true });
    t.after(() => store.close());
    const mine = new Seam(store, clock);
    for (const id of ['told at once', 'told later']) await mine.enqueue(newJob(id));
    const storing = proxy.next('gigq_enqueue');
    const stored = mine.enqueue(newJob('meanwhile'));
    const way = await storing;
    await clock.advance(10);
    way.release();
    await stored;
    await mine.call('get', 'meanwhile');
    assert.equal(proxy.asked.split('gigq_work_').length - 1, 2);
    for (const transaction of proxy.asked.matchAll(/BEGIN.*?COMMIT\0/gsu))
      assert.doesNotMatch(transaction[0], /gigq_notify/u);
  });
});

describe('a store behind a pooler', () => {
  test('does not listen, is told to look now and then, and works', async (t) => {
    const { address } = await freshSchema();
    const { proxy, address: way } = await Proxy.before(address);
    proxy.isPooler = true;
    const [mine, theirs] = [await open(t, address), await open(t, way)];
    await mine.enqueue(newJob('a'));
    const worker = await theirs.worker();
    const ends: string[] = [];
    const deaf = hears(theirs, 'deaf');
    const end = theirs.store.subscribe('change', () => ends.push('change'));
    await deaf;
    await found(() => ends.length >= 3, 'three hints to look');
    end();
    assert.doesNotMatch(proxy.asked, /LISTEN/u);
    assert.equal((await worker.takeOne()).id, 'a');
  });

  test('lets a worker say so', async (t) => {
    const { proxy, address } = await Proxy.before((await freshSchema()).address);
    proxy.isPooler = true;
    const said: unknown[] = [];
    const log = (...parts: readonly unknown[]): void => {
      said.push(...parts);
    };
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const worker = new Worker(address, { logger, handleSignals: false });
    t.after(() => worker.close());
    void worker.start();
    await found(() => said.some((each) => /by polling alone/u.test(String(each))), 'the log');
  });
});
