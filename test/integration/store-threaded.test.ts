// The store on its keeper's thread, in real time.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { decide } from '../../dist/core/decide.js';
import { GigqError, JobNotFoundError } from '../../dist/core/errors.js';
import { openStore } from '../../dist/store/open.js';
import type { StoreHandle } from '../../dist/store/store-handle.js';
import { within } from '../helpers/store-process.ts';
import {
  anyJob,
  completed,
  newJob,
  newJobs,
  newWorker,
  noSuspects,
  slots,
} from '../helpers/store-seam.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

const list = {
  ...anyJob,
  limit: 5,
  before: null,
};

function newPath(): string {
  return join(temporaryFolder(), 'jobs.db');
}

function open(scope: TestContext, path = newPath()): StoreHandle {
  const handle = openStore(path, { initialize: true, inPlace: false });
  scope.after(() => handle.close());
  return handle;
}

/** A handle whose keeper has been started, and the thread that it is. */
async function withKeeper(
  scope: TestContext,
  path = newPath(),
): Promise<{ handle: StoreHandle; keeper: Worker }> {
  const started = new Promise<Worker>((resolve) => {
    process.once('worker', resolve);
  });
  const handle = open(scope, path);
  await handle.call('counts', null);
  return { handle, keeper: await started };
}

/** Ends a thread by an error inside it: it is sent what nobody sends. */
function crash(keeper: Worker): void {
  keeper.postMessage(null);
}

function lock(scope: TestContext, path: string): DatabaseSync {
  const holder = new DatabaseSync(path);
  scope.after(() => {
    holder.close();
  });
  holder.exec('BEGIN IMMEDIATE');
  return holder;
}

describe('calls to a keeper', () => {
  test('come back with what the store says, through a whole life of a job', async (scope) => {
    const handle = open(scope);
    const given = newJob('a', { params: '{"n":1}', retry: { delay: '1s' } });
    assert.deepEqual(await handle.call('enqueue', [given]), ['stored']);
    const worker = await handle.call('register', newWorker('w1'));
    const request = { worker, tasks: ['greet'], queues: null, slots: slots(2), ...noSuspects };
    const { jobs } = await handle.call('claim', request);
    assert.partialDeepStrictEqual(jobs[0], { id: 'a', params: '{"n":1}', attempts: 1 });
    assert.deepEqual(await handle.call('settle', [decide(jobs[0]!, completed, 0)]), ['settled']);
    const outcome = { status: 'completed', result: '"done"', error: null };
    assert.deepEqual(await handle.call('outcomes', ['a', 'b']), [outcome, null]);
    assert.equal(await handle.call('leave', worker), undefined);
  });

  test('are rejected with errors of their class, with code, hint and message', async (scope) => {
    const handle = open(scope);
    await assert.rejects(handle.call('list', { ...list, before: { id: 'nobody' } }), (error) => {
      assert.ok(error instanceof JobNotFoundError && error instanceof GigqError);
      assert.deepEqual([error.name, error.code], ['JobNotFoundError', 'job_not_found']);
      assert.match(error.message, /nobody/u);
      assert.match(error.hint, /gigq list/u);
      return true;
    });
    const tooMany = handle.call('enqueue', newJobs(50_001));
    await assert.rejects(
      tooMany,
      (error) => error instanceof GigqError && error.code === 'too_large',
    );
  });

  test('are rejected with errors of others as errors, with their name and message', async (scope) => {
    const unstorable = newJob('a', { priority: 'high' as unknown as number });
    const call = open(scope).call('enqueue', [unstorable]);
    await assert.rejects(
      call,
      (error) => error instanceof Error && /cannot store TEXT/u.test(error.message),
    );
  });

  test('made in one turn of the event loop cross together', async (scope) => {
    const { handle, keeper } = await withKeeper(scope);
    const sent: unknown[] = [];
    const post = keeper.postMessage.bind(keeper);
    keeper.postMessage = (message: unknown) => {
      sent.push(message);
      post(message);
    };
    const answers = await Promise.all(newJobs(1000).map((job) => handle.call('enqueue', [job])));
    assert.ok(answers.every(([answer]) => answer === 'stored'));
    assert.equal(sent.length, 1);
  });

  test('are rejected while the database cannot be opened, and answered once it can', async (scope) => {
    const path = newPath();
    mkdirSync(path);
    const handle = open(scope, path);
    await assert.rejects(handle.call('counts', null), { code: 'database_invalid' });
    rmSync(path, { recursive: true });
    assert.deepEqual(await handle.call('enqueue', [newJob('a')]), ['stored']);
  });

  test('in memory are kept apart, handle by handle', async (scope) => {
    const [one, two] = [open(scope, ':memory:'), open(scope, ':memory:')];
    await one.call('enqueue', [newJob('a')]);
    assert.equal(await two.call('get', 'a'), null);
    assert.notEqual(await one.sibling().call('get', 'a'), null);
  });
});

describe('handles on one file', () => {
  test('share a keeper, however the file is named', async (scope) => {
    const path = newPath();
    const { handle } = await withKeeper(scope, path);
    const link = join(dirname(path), 'link');
    symlinkSync(dirname(path), link);
    let started = 0;
    const count = (): void => {
      started += 1;
    };
    process.on('worker', count);
    scope.after(() => {
      process.off('worker', count);
    });
    const others = [path, join(link, 'jobs.db'), join(dirname(path), '.', 'jobs.db')];
    for (const other of others) await open(scope, other).call('counts', null);
    assert.deepEqual([started, await handle.call('get', 'a')], [0, null]);
  });

  test('close it with the last of them, and leave the file in order', async (scope) => {
    const path = newPath();
    const { handle, keeper } = await withKeeper(scope, path);
    const exited = new Promise((resolve) => {
      keeper.once('exit', resolve);
    });
    const second = openStore(path, { initialize: true, inPlace: false });
    const late = handle.call('enqueue', [newJob('a')]);
    await handle.close();
    assert.deepEqual(await late, ['stored']);
    assert.notEqual(await second.call('get', 'a'), null);
    await second.close();
    await exited;
    assert.deepEqual(readdirSync(dirname(path)).toSorted(), ['jobs.db', 'jobs.db-wake']);
    await assert.rejects(handle.call('get', 'a'), { code: 'queue_closed' });
  });

  test('can be opened again after the last was closed', async (scope) => {
    const path = newPath();
    const first = openStore(path, { initialize: true, inPlace: false });
    await first.call('enqueue', [newJob('a')]);
    await first.close();
    assert.notEqual(await open(scope, path).call('get', 'a'), null);
  });
});

describe('a keeper that dies', () => {
  const deaths = {
    'by an error': crash,
    'by its end': (keeper: Worker) => void keeper.terminate(),
  };
  for (const [how, die] of Object.entries(deaths)) {
    test(`${how} rejects the calls in progress, and the next call starts another`, async (scope) => {
      const path = newPath();
      const { handle, keeper } = await withKeeper(scope, path);
      const heard = new Promise<string>((resolve) => {
        handle.subscribe('closed', ({ type }) => {
          resolve(type);
        });
      });
      const holder = lock(scope, path);
      const pending = [handle.call('enqueue', [newJob('a')]), handle.call('cancel', ['a'])];
      const rejected = Promise.all(
        pending.map((call) => assert.rejects(call, { code: 'keeper_died', name: 'GigqError' })),
      );
      die(keeper);
      await within(5000, rejected);
      assert.equal(await within(5000, heard), 'closed');
      holder.exec('COMMIT');
      assert.deepEqual(await handle.call('enqueue', [newJob('a')]), ['stored']);
    });
  }

  test('names the cause', async (scope) => {
    const { handle, keeper } = await withKeeper(scope);
    crash(keeper);
    await assert.rejects(handle.call('counts', null), (error: Error) => {
      return error.cause instanceof TypeError;
    });
  });

  test('leaves subscriptions to the one that follows', async (scope) => {
    const { handle, keeper } = await withKeeper(scope);
    const exited = new Promise((resolve) => {
      keeper.once('exit', resolve);
    });
    let heard = Promise.withResolvers<void>();
    handle.subscribe('work', () => {
      heard.resolve();
    });
    crash(keeper);
    await exited;
    heard = Promise.withResolvers();
    await handle.call('enqueue', [newJob('a')]);
    await within(5000, heard.promise, 'the event');
  });

  test('does not keep a handle from closing', async (scope) => {
    const { handle, keeper } = await withKeeper(scope);
    crash(keeper);
    await assert.rejects(handle.call('counts', null), { code: 'keeper_died' });
    await within(5000, handle.close());
  });
});

describe('a keeper', () => {
  test('beats for its worker while the event loop is blocked, and says so', async (scope) => {
    const path = newPath();
    const handle = open(scope, path);
    const renewed = new Promise((resolve) => {
      handle.subscribe('lease', (event) => {
        resolve(event);
      });
    });
    await handle.call('register', newWorker('w1', { leaseMs: 150 }));
    const until = performance.now() + 600;
    while (performance.now() < until);
    const other = new DatabaseSync(path, { readOnly: true });
    const beat = Number(other.prepare('SELECT beat FROM gigq_workers').get()?.['beat']);
    other.close();
    assert.ok(beat >= 2, `it beat ${beat} times`);
    const event = await within(5000, renewed);
    assert.deepEqual(event, { type: 'lease', instance: 'w1', state: 'renewed' });
  });

  test('passes on events of all kinds while somebody wants them', async (scope) => {
    const handle = open(scope);
    const heard: string[] = [];
    const ends = (['work', 'change'] as const).map((interest) => {
      return handle.subscribe(interest, ({ type }) => heard.push(type));
    });
    await handle.call('enqueue', [newJob('a')]);
    await handle.call('cancel', ['a']);
    await handle.call('get', 'a');
    assert.ok(heard.includes('work') && heard.includes('change'), String(heard));
    for (const end of ends) end();
    await handle.call('counts', null);
    heard.length = 0;
    await handle.call('requeue', ['a']);
    await handle.call('get', 'a');
    assert.deepEqual(heard, []);
  });
});
