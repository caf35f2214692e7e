// Workers of two stores on one file, each with a clock of its own: what they think of each other when nobody can write.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { openHere } from '../../dist/store/open.js';
import type { StoreEvent } from '../../dist/store/store.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { newJob, Seam, type SeamWorker } from '../helpers/store-seam.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

interface Host {
  readonly seam: Seam;
  readonly worker: SeamWorker;
  readonly heard: string[];
}

const leaseMs = 6000;

async function host(scope: TestContext, path: string, instance: string): Promise<Host> {
  const clock = new FakeClock();
  const seam = new Seam(openHere({ database: path, initialize: true, clock }), clock);
  scope.after(() => seam.store.close());
  const heard: string[] = [];
  seam.store.subscribe('lease', (event: StoreEvent) => {
    if (event.type === 'lease') heard.push(`${event.instance} ${event.state}`);
  });
  return { seam, heard, worker: await seam.worker(instance, { leaseMs }) };
}

async function twoHosts(
  scope: TestContext,
): Promise<{ one: Host; two: Host; other: DatabaseSync }> {
  const path = join(temporaryFolder(), 'jobs.db');
  const hosts = { one: await host(scope, path, 'one'), two: await host(scope, path, 'two') };
  const other = new DatabaseSync(path);
  scope.after(() => {
    other.close();
  });
  return { ...hosts, other };
}

async function pass(ms: number, ...hosts: Host[]): Promise<void> {
  for (let second = 0; second < ms; second += 1000) {
    for (const { seam } of hosts) await seam.clock.advance(1000);
  }
}

describe('two workers on one file', () => {
  test('beat every third of their leases, by themselves', async (scope) => {
    const { one, two } = await twoHosts(scope);
    await pass(leaseMs, one, two);
    const beats = (await one.seam.call('workers', null)).map(({ instance, beat }) => [
      instance,
      beat,
    ]);
    assert.deepEqual(beats, [
      ['one', 3],
      ['two', 3],
    ]);
  });

  test('are in no danger while a third holds the lock for two leases, and beat on after it', async (scope) => {
    const { one, two, other } = await twoHosts(scope);
    await pass(leaseMs / 2, one, two);
    one.heard.length = 0;
    two.heard.length = 0;
    other.exec('BEGIN IMMEDIATE');
    await pass(2 * leaseMs, one, two);
    assert.deepEqual([one.heard, two.heard], [[], []]);
    other.exec('COMMIT');
    await pass(2000, one, two);
    assert.deepEqual([...new Set([...one.heard, ...two.heard])], ['one renewed', 'two renewed']);
  });

  test('know it when one of them stands still while the other goes on', async (scope) => {
    const { one, two } = await twoHosts(scope);
    await one.seam.enqueue(newJob('a'));
    const job = await one.worker.takeOne();
    const sighting = await one.worker.sighting();
    await pass(leaseMs, two);
    const taken = await two.seam.call('expired', sighting);
    assert.deepEqual(
      taken.map(({ id }) => id),
      ['a'],
    );
    await pass(leaseMs / 2, one);
    assert.deepEqual(one.heard, ['one lost']);
    assert.deepEqual(await one.seam.call('held', one.worker.key), []);
    assert.equal(job.id, 'a');
  });
});
