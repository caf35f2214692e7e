// The files beside a database by which its processes tell each other something.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { openHintFile } from '../../dist/store/sqlite/hint-file.js';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

function freshDatabase(mode: number): string {
  const path = join(temporaryFolder(), 'jobs.db');
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

function madeBeside(database: string): { readonly mode: number; readonly uid: number } {
  closeSync(openHintFile(database, '-turn'));
  const { mode, uid } = statSync(`${database}-turn`);
  return { mode: mode & 0o777, uid };
}

describe('a file beside a database', () => {
  for (const mode of [0o600, 0o640, 0o660]) {
    test(`has its mode: ${mode.toString(8)}`, () => {
      assert.equal(madeBeside(freshDatabase(mode)).mode, mode);
    });
  }

  test('is for nobody to execute', () => {
    assert.equal(madeBeside(freshDatabase(0o770)).mode, 0o660);
  });

  test('is only its owner’s where there is no database', () => {
    assert.equal(madeBeside(join(temporaryFolder(), 'jobs.db')).mode, 0o600);
  });

  // Nobody else can give files away.
  if (process.getuid?.() === 0)
    test('that root makes belongs to the owner of the database', () => {
      const database = freshDatabase(0o600);
      chownSync(database, 65_534, 65_534);
      assert.equal(madeBeside(database).uid, 65_534);
    });

  test('stays as it is once something is written to it', () => {
    const database = freshDatabase(0o660);
    writeFileSync(`${database}-turn`, 'written', { mode: 0o600 });
    assert.equal(madeBeside(database).mode, 0o600);
    assert.equal(readFileSync(`${database}-turn`, 'utf8'), 'written');
  });

  if (process.platform !== 'win32') {
    test('is no link to another one, which stays as it is', () => {
      const database = freshDatabase(0o600);
      const precious = join(dirname(database), 'precious');
      writeFileSync(precious, 'precious');
      symlinkSync(precious, `${database}-turn`);
      symlinkSync(join(dirname(database), 'missing'), `${database}-wake`);
      for (const suffix of ['-turn', '-wake'] as const)
        assert.throws(() => openHintFile(database, suffix), { code: 'ELOOP' });
      assert.equal(readFileSync(precious, 'utf8'), 'precious');
      assert.ok(!existsSync(join(dirname(database), 'missing')));
    });

    test('is no pipe, which would keep waiting whoever opens it', () => {
      const database = freshDatabase(0o600);
      execFileSync('env', ['mkfifo', `${database}-wake`]);
      assert.throws(() => openHintFile(database, '-wake'), /is not a file/u);
    });
  }
});
