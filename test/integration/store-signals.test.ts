// How others hear of a commit: in this process, and in others by a byte in a file and by the version of the data.
import assert from 'node:assert/strict';
import { statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import type { Interest } from '../../dist/store/store.js';
import { within } from '../helpers/store-process.ts';
import { completed, newJob, type Seam } from '../helpers/store-seam.ts';
import { openSqlite, type SqliteSeam, temporaryFolder } from '../helpers/store-sqlite.ts';
import { turn } from '../helpers/store-turn.ts';

function two(scope: TestContext): { mine: SqliteSeam; theirs: SqliteSeam; path: string } {
  const path = join(temporaryFolder(), 'jobs.db');
  return { mine: openSqlite(scope, path), theirs: openSqlite(scope, path), path };
}

function hears(seam: Seam, interest: Interest): Promise<void> {
  return new Promise((resolve) => {
    const end = seam.store.subscribe(interest, () => {
      end();
      resolve();
    });
  });
}

/** How often an event is heard while something is done and time passes. */
async function timesHeard(
  seam: Seam,
  interest: Interest,
  act: () => Promise<void>,
): Promise<number> {
  let times = 0;
  const end = seam.store.subscribe(interest, () => {
    times += 1;
  });
  await act();
  end();
  return times;
}

describe('another store on the same file', () => {
  test('hears of new work by the file that wakes it, without time passing', async (scope) => {
    const { mine, theirs } = two(scope);
    const heard = hears(theirs, 'work');
    await mine.enqueue(newJob('a'));
    await within(5000, heard, 'the wake-up');
    assert.equal((await (await theirs.worker()).takeOne()).id, 'a');
  });

  test('hears of new work by the version of the data within 100 ms when no byte was written', async (scope) => {
    const { theirs, path } = two(scope);
    const times = await timesHeard(theirs, 'work', async () => {
      const foreign = new DatabaseSync(path);
      foreign.exec(
        'BEGIN IMMEDIATE; UPDATE gigq_jobs SET priority = 1; CREATE TABLE x (a); COMMIT',
      );
      foreign.close();
      await theirs.clock.advance(100);
    });
    assert.equal(times, 1);
  });

  test('hears of a change within 20 ms, and of each commit once', async (scope) => {
    const { mine, theirs } = two(scope);
    await mine.enqueue(newJob('a'));
    const worker = await mine.worker();
    const job = await worker.takeOne();
    const times = await timesHeard(theirs, 'change', async () => {
      await worker.end(job, completed);
      await theirs.clock.advance(20);
      await theirs.clock.advance(200);
    });
    assert.equal(times, 1);
  });

  test('hears nothing while nothing is committed', async (scope) => {
    const { mine, theirs } = two(scope);
    await mine.enqueue(newJob('a'));
    const times = await timesHeard(theirs, 'change', async () => {
      await mine.call('get', 'a');
      await mine.call('cancel', ['nobody']);
      await theirs.clock.advance(1000);
    });
    assert.equal(times, 0);
  });

  test('that nobody listens to looks at nothing', async (scope) => {
    const { theirs } = two(scope);
    const ends = (['work', 'change'] as const).map((interest) =>
      theirs.store.subscribe(interest, () => undefined),
    );
    assert.ok(theirs.clock.pending > 0);
    for (const end of ends) end();
    assert.equal(theirs.clock.pending, 0);
  });

  test('that is closed looks at nothing', async (scope) => {
    const { theirs } = two(scope);
    theirs.store.subscribe('change', () => undefined);
    await theirs.store.close();
    assert.equal(theirs.clock.pending, 0);
  });
});

describe('the store itself', () => {
  test('hears at once of what it commits, and not before', async (scope) => {
    const { mine } = two(scope);
    const heard: string[] = [];
    mine.store.subscribe('change', () => heard.push('change'));
    await mine.enqueue(newJob('a'));
    assert.deepEqual(heard, []);
    await mine.call('cancel', ['a']);
    assert.deepEqual(heard, ['change']);
  });

  test('hears nothing of what was rolled back', async (scope) => {
    const { mine } = two(scope);
    const heard: string[] = [];
    mine.store.subscribe('work', () => heard.push('work'));
    const unstorable = newJob('b', { priority: 'high' as unknown as number });
    await assert.rejects(mine.enqueue(newJob('a'), unstorable));
    await turn();
    assert.deepEqual(heard, []);
  });
});

describe('the file that wakes others', () => {
  test('never grows, however often it is written to', async (scope) => {
    const { mine, path } = two(scope);
    for (const id of ['a', 'b', 'c']) await mine.enqueue(newJob(id));
    assert.equal(statSync(`${path}-wake`).size, 1);
  });

  test('is written to at most every 2 ms, and for the last commit as well', async (scope) => {
    const { mine, theirs } = two(scope);
    const times = await timesHeard(theirs, 'work', async () => {
      for (let n = 0; n < 50; n += 1) {
        await mine.enqueue(newJob(`job ${n}`));
        await turn();
      }
    });
    assert.ok(times <= 1, `${times} times`);
    const heard = hears(theirs, 'work');
    await mine.clock.advance(2);
    await within(5000, heard, 'what was committed last');
  });

  test('is written to before a store closes that has committed something just now', async (scope) => {
    const { mine, theirs } = two(scope);
    const first = hears(theirs, 'work');
    await mine.enqueue(newJob('a'));
    await within(5000, first, 'the first job');
    const second = hears(theirs, 'work');
    await mine.enqueue(newJob('b'));
    await mine.store.close();
    await within(5000, second, 'the second job');
  });

  test('can be missing or taken: work goes on, and is heard of a little later', async (scope) => {
    const path = join(temporaryFolder(), 'jobs.db');
    writeFileSync(`${path}-wake`, 'taken', { mode: 0o400 });
    const [mine, theirs] = [openSqlite(scope, path), openSqlite(scope, path)];
    unlinkSync(`${path}-wake`);
    const times = await timesHeard(theirs, 'work', async () => {
      await mine.enqueue(newJob('a'));
      unlinkSync(`${path}-wake`);
      await mine.enqueue(newJob('b'));
      await theirs.clock.advance(100);
    });
    assert.ok(times >= 1);
    assert.deepEqual(await theirs.counted(), { pending: 2 });
  });
});
