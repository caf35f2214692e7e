// The file in which who has waited for too long asks the others for a turn.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { TurnFile } from '../../dist/store/sqlite/turn-file.js';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

function freshPath(): string {
  return join(temporaryFolder(), 'jobs.db');
}

function opened(t: TestContext, path: string): TurnFile {
  const file = new TurnFile(path);
  t.after(() => {
    file.close();
  });
  return file;
}

describe('a turn', () => {
  test('that one asks for, another hears of', (t) => {
    const path = freshPath();
    const [one, other] = [opened(t, path), opened(t, path)];
    assert.equal(other.askedAt(), NaN);
    one.ask(1234.5);
    one.ask(1236.75);
    assert.equal(other.askedAt(), 1236.75);
  });

  test('that nobody asks for makes no file', (t) => {
    const file = opened(t, freshPath());
    assert.equal(file.askedAt(), NaN);
    assert.ok(!existsSync(file.path));
  });

  test('is asked for in a file that is only its owner’s, of eight bytes', (t) => {
    const file = opened(t, freshPath());
    file.ask(1);
    const { size, mode } = statSync(file.path);
    assert.deepEqual([size, mode & 0o777], [8, 0o600]);
  });

  test('was not asked for in a file that holds something else', (t) => {
    const file = opened(t, freshPath());
    writeFileSync(file.path, 'else');
    assert.equal(file.askedAt(), NaN);
  });

  test('is not to be had where the file cannot be opened, and nothing fails', (t) => {
    const file = opened(t, freshPath());
    mkdirSync(file.path);
    file.ask(1);
    assert.equal(file.askedAt(), NaN);
  });
});
