// What keeps a process alive: a call in progress, and nothing else.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { contentsOf, makeDatabase } from '../helpers/store-files.ts';
import { Child, within } from '../helpers/store-process.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

test('a database that is only named starts no thread, opens no file and ends with its process', async (scope) => {
  const folder = temporaryFolder();
  const child = new Child(scope, 'nothing', { path: join(folder, 'jobs.db') });
  const { resources, exists } = (await child.next()) as { resources: string[]; exists: boolean };
  assert.equal(exists, false);
  assert.deepEqual(
    resources.filter((name) => /MessagePort|Worker|Timeout|FSEvent/u.test(name)),
    [],
  );
  assert.equal(await within(10_000, child.ended), 0);
  assert.deepEqual(contentsOf(folder), {});
});

test('an open handle that listens keeps no process alive', async (scope) => {
  const child = new Child(scope, 'idle', { path: join(temporaryFolder(), 'jobs.db') });
  assert.equal(await child.next(), 'answered');
  assert.equal(await within(10_000, child.ended), 0);
});

test('a call in progress keeps its process alive until it is answered', async (scope) => {
  const path = join(temporaryFolder(), 'jobs.db');
  await makeDatabase(path, 1);
  const holder = new DatabaseSync(path);
  scope.after(() => {
    holder.close();
  });
  holder.exec('BEGIN IMMEDIATE');
  const child = new Child(scope, 'pending', { path });
  assert.equal(await child.next(), 'asked');
  const early = await Promise.race([
    child.ended,
    new Child(scope, 'nothing', { path }).ended.then(() => 'alive'),
  ]);
  assert.equal(early, 'alive');
  holder.exec('COMMIT');
  assert.deepEqual(await child.next(), ['stored']);
  assert.equal(await within(10_000, child.ended), 0);
});
