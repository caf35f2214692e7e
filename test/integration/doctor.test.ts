// The doctor tells what is wrong with a database, changes nothing unless it is asked to, and leaves nothing behind.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { JobQueue } from 'gigq';
import { doctor, migrate } from 'gigq/admin';
import {
  assertFound,
  codesOf,
  idle,
  newPatient,
  type Patient,
  patient,
  read,
  write,
} from '../helpers/patient.ts';
import { contentsOf, garbage, makeDatabase, overwrite, pageSize } from '../helpers/store-files.ts';
import { Child } from '../helpers/store-process.ts';

const everything = [
  'file system',
  'file',
  'SQLite version',
  'write lock',
  'integrity',
  'schema',
  'jobs',
  'workers',
];

describe('a sound database', () => {
  it('is well, and nothing stays of the look at it', async () => {
    const here = newPatient();
    await migrate(here.path);
    const before = contentsOf(here.folder);
    assert.deepEqual(await doctor(here.path), { checked: everything, findings: [] });
    assert.deepEqual(contentsOf(here.folder), before);
  });

  it('with jobs in every state is well, but for advice that nobody runs the ready ones', async () => {
    const here = await patient();
    const finding = await assertFound(here, 'no_worker', /greet, dance/u);
    assert.equal(finding.severity, 'advice');
    assert.deepEqual(await codesOf(here.path), idle);
  });

  it('that another process has open is well, and keeps its files', async (t) => {
    const { folder, path } = newPatient();
    const child = new Child(t, 'keep', { path });
    assert.equal(await child.next(), 'answered');
    const before = contentsOf(folder);
    assert.deepEqual(await codesOf(path), idle);
    const after = contentsOf(folder);
    assert.deepEqual(Object.keys(after), Object.keys(before));
    for (const name of ['jobs.db', 'jobs.db-wal']) assert.equal(after[name], before[name]);
  });

  it('that this process has open is well, and can be used on', async (t) => {
    const { path } = newPatient();
    const queue = new JobQueue(path);
    t.after(() => queue.close());
    await queue.stats();
    assert.deepEqual(await codesOf(path), []);
    assert.equal((await queue.stats()).total, 0);
  });

  for (const left of [['-wal', '-shm'], ['-wal']] as const) {
    it(`whose process was killed, with its ${left.join(' and ')} left, is read with what is in them`, async (t) => {
      const { folder, path } = newPatient();
      const child = new Child(t, 'keep', { path });
      assert.equal(await child.next(), 'answered');
      await child.kill();
      if (left.length === 1) rmSync(`${path}-shm`);
      const before = contentsOf(folder);
      // The schema and the job are in the -wal alone.
      assert.deepEqual(await codesOf(path), idle);
      const after = contentsOf(folder);
      assert.deepEqual(Object.keys(after), Object.keys(before));
      for (const name of ['jobs.db', 'jobs.db-wal']) assert.equal(after[name], before[name]);
    });
  }

  it('whose process was killed in the middle of a write without WAL is read as it was before', async (t) => {
    const here = await patient();
    const child = new Child(t, 'writeOn', here);
    assert.equal(await child.next(), 'written');
    await child.kill();
    const before = contentsOf(here.folder);
    assert.ok('jobs.db-journal' in before);
    assert.deepEqual(await codesOf(here.path), idle);
    assert.deepEqual(contentsOf(here.folder), before);
  });

  it('is not changed by a repair that has nothing to do', async () => {
    const { folder, path } = await patient();
    const before = contentsOf(folder);
    const { findings } = await doctor(path, { fix: true });
    assert.deepEqual(
      findings.map(({ code }) => code),
      idle,
    );
    assert.deepEqual(contentsOf(folder), before);
  });
});

describe('a path without a database of gigq', () => {
  it('of nothing is told, and nothing is made', async () => {
    const here = newPatient();
    await assertFound(here, 'database_missing', /There is no database at/u);
    assert.deepEqual(contentsOf(here.folder), {});
  });

  it('of a directory is told', async () => {
    const here = newPatient();
    mkdirSync(here.path);
    await assertFound(here, 'database_invalid', /is a directory/u);
  });

  it('of an empty file is told', async () => {
    const here = newPatient();
    writeFileSync(here.path, '');
    await assertFound(here, 'database_invalid', /is no gigq database/u);
  });

  it('of something else is told', async () => {
    const here = newPatient();
    writeFileSync(here.path, 'x'.repeat(5000));
    await assertFound(here, 'database_invalid', /is not a SQLite database/u);
  });

  for (const mode of ['WAL', 'DELETE']) {
    it(`of the database of something else, in mode ${mode}, is told`, async () => {
      const here = newPatient();
      write(here.path, `PRAGMA journal_mode = ${mode}; CREATE TABLE users (name TEXT)`);
      const { hint } = await assertFound(here, 'database_invalid', /is no gigq database/u);
      assert.match(hint, /gigq migrate --db/u);
    });
  }
});

describe('a damaged database', () => {
  async function damaged(): Promise<Patient & { readonly pages: number }> {
    const here = newPatient();
    await makeDatabase(here.path);
    return { ...here, pages: statSync(here.path).size / pageSize };
  }

  const damages: Readonly<Record<string, (path: string, pages: number) => void>> = {
    'with a page of zeros': (path, pages) =>
      overwrite(path, (pages - 4) * pageSize, new Uint8Array(pageSize)),
    'with a page of garbage': (path, pages) => overwrite(path, (pages - 4) * pageSize, garbage),
    'that was cut off': (path, pages) => truncateSync(path, (pages - 10) * pageSize),
    'with a byte flipped that tells what a page is': (path, pages) =>
      overwrite(path, (pages - 4) * pageSize, new Uint8Array([0x77])),
    'with garbage for its schema': (path) => overwrite(path, 100, garbage.subarray(100)),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`${what} is told, with how to save it, and never repaired`, async () => {
      const { folder, path, pages } = await damaged();
      damage(path, pages);
      chmodSync(path, 0o644);
      const { hint, fixable } = await assertFound({ folder, path }, 'database_corrupt');
      assert.match(hint, /Stop every worker.*-wal.*backup.*\.recover/u);
      assert.equal(fixable, false);
    });

    it(`${what} is left as it is by a repair`, async () => {
      const { folder, path, pages } = await damaged();
      damage(path, pages);
      chmodSync(path, 0o644);
      const before = contentsOf(folder);
      await doctor(path, { fix: true });
      assert.deepEqual(contentsOf(folder), before);
    });
  }

  it('without its header is no database', async () => {
    const { folder, path } = await damaged();
    overwrite(path, 0, garbage.subarray(0, 100));
    await assertFound({ folder, path }, 'database_invalid');
  });
});

describe('a schema', () => {
  const changes = {
    'that a newer gigq made': [
      "INSERT INTO gigq_migrations VALUES (900, 'x', 'x', 0)",
      'schema_newer',
    ],
    'that something else made': ["UPDATE gigq_migrations SET checksum = 'x'", 'database_invalid'],
    'that was never finished': ['DELETE FROM gigq_migrations', 'database_invalid'],
  } as const;
  for (const [what, [sql, code]] of Object.entries(changes)) {
    it(`${what} is told, and nothing is repaired under it`, async () => {
      const here = await patient();
      write(here.path, `${sql}; UPDATE gigq_lanes SET pending = 77`);
      await assertFound(here, code);
      await doctor(here.path, { fix: true });
      const pending = read(here.path, 'SELECT DISTINCT pending FROM gigq_lanes');
      assert.deepEqual(pending, [[77]]);
    });
  }
});

describe('access', () => {
  it('of every user to the files is advice, and taken away by a repair', async () => {
    const here = await patient();
    for (const file of ['jobs.db', 'jobs.db-wake']) chmodSync(join(here.folder, file), 0o644);
    const { severity } = await assertFound(
      here,
      'readable_by_others',
      /jobs\.db, .*jobs\.db-wake/u,
    );
    assert.equal(severity, 'advice');
    await doctor(here.path, { fix: true });
    assert.deepEqual(await codesOf(here.path), idle);
    assert.equal(statSync(here.path).mode & 0o777, 0o600);
  });

  it('of a group is its owner’s decision', async () => {
    const { path } = await patient();
    chmodSync(path, 0o660);
    assert.deepEqual(await codesOf(path), idle);
  });

  for (const [what, readOnly] of Object.entries({ file: 'jobs.db', folder: '' })) {
    it(`to a ${what} that may only be read is told, and the rest is looked at all the same`, async (t) => {
      const { folder, path } = await patient();
      chmodSync(path, 0o666);
      chmodSync(folder, 0o777);
      chmodSync(join(folder, readOnly), readOnly === '' ? 0o555 : 0o444);
      const before = contentsOf(folder);
      const child = new Child(t, 'examine', { path, asNobody: true });
      const found = (await child.next()) as string[];
      assert.ok(found.includes('problem database_readonly'), found.join());
      assert.ok(found.includes('advice no_worker'), found.join());
      assert.deepEqual(contentsOf(folder), before);
      chmodSync(folder, 0o700);
    });
  }

  it('whose users cannot all wake each other is told, and is no problem', async (t) => {
    const { folder, path } = await patient();
    for (const [each, mode] of [
      [folder, 0o777],
      [path, 0o666],
    ] as const)
      chmodSync(each, mode);
    writeFileSync(`${path}-wake`, '!', { mode: 0o600 });
    const child = new Child(t, 'examine', { path, asNobody: true });
    const found = (await child.next()) as string[];
    assert.ok(found.includes('advice database_readonly'), found.join());
    assert.ok(!found.includes('problem database_readonly'), found.join());
  });
});

describe('the write lock', () => {
  it('held for seconds is told, with the process that holds it', async (t) => {
    const { path } = await patient();
    const holder = new DatabaseSync(path);
    t.after(() => holder.close());
    holder.exec('BEGIN IMMEDIATE');
    const { findings } = await doctor(path);
    const finding = findings.find(({ code }) => code === 'lock_held');
    assert.match(
      finding?.message ?? '',
      new RegExp(`^Process ${process.pid} \\(\\S+\\) has held`, 'u'),
    );
  });
});

describe('a WAL over 64 MiB', () => {
  it('is told, and reset by a repair', async (t) => {
    const { path } = await patient();
    const holder = new DatabaseSync(path);
    t.after(() => holder.close());
    holder.exec('PRAGMA wal_autocheckpoint = 0; CREATE TABLE big (bytes BLOB)');
    holder.exec('INSERT INTO big VALUES (zeroblob(70000000))');
    const { findings } = await doctor(path, { fix: true });
    const finding = findings.find(({ code }) => code === 'wal_large');
    assert.equal(finding?.fixed, true);
    assert.match(finding.message, /jobs\.db-wal has grown to \d\d MiB/u);
    assert.equal(statSync(`${path}-wal`).size, 0);
  });
});
