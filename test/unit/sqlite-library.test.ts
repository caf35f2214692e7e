import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { isSafe, loadSqlite } from '../../dist/store/sqlite/library.js';
import { busyError, isBusy, translate } from '../../dist/store/sqlite/sqlite-error.js';
import { fromOtherCopy } from '../helpers/other-copy.ts';

describe('isSafe', () => {
  const versions: Readonly<Record<string, boolean>> = {
    '3.40.1': false,
    '3.50.4': false,
    '3.51.0': false,
    '3.51.2': false,
    '3.51.3': true,
    '3.51.10': true,
    '3.52.0': false,
    '3.52.1': true,
    '3.53.0': true,
    '3.100.0': true,
    '4.0.0': true,
    '2.8.17': false,
  };
  for (const [version, safe] of Object.entries(versions)) {
    test(`SQLite ${version} is ${safe ? 'taken' : 'refused'}`, () => {
      assert.equal(isSafe(version), safe);
    });
  }
});

describe('loadSqlite', () => {
  test('gives the library of this Node, which is safe', () => {
    assert.equal(loadSqlite().DatabaseSync, DatabaseSync);
    assert.equal(loadSqlite(), loadSqlite());
  });
});

type Library = typeof import('../../dist/store/sqlite/library.js');

/** The library loaded anew, on a Node with another SQLite. */
async function loadedOn(scope: TestContext, sqlite: () => unknown): Promise<() => unknown> {
  scope.mock.method(process, 'getBuiltinModule', sqlite as typeof process.getBuiltinModule);
  const { loadSqlite: load } = await fromOtherCopy<Library>(scope, 'store/sqlite/library.js');
  return load;
}

function sqliteOf(version: string): unknown {
  class DatabaseOfVersion {
    prepare(): unknown {
      return { get: () => ({ version }) };
    }

    close(): void {}
  }
  return { DatabaseSync: DatabaseOfVersion };
}

describe('a Node whose SQLite can lose data', () => {
  test('is refused, with its version and the Node to use', async (scope) => {
    const load = await loadedOn(scope, () => sqliteOf('3.51.2'));
    const named = new RegExp(`Node ${process.versions.node} .*SQLite 3\\.51\\.2`, 'u');
    assert.throws(load, {
      code: 'sqlite_unsafe',
      message: named,
      hint: /Node 22\.22\.3 .*24\.15\.0/u,
    });
  });

  test('is refused each time, not only the first', async (scope) => {
    const load = await loadedOn(scope, () => sqliteOf('3.52.0'));
    assert.throws(load, { code: 'sqlite_unsafe' });
    assert.throws(load, { code: 'sqlite_unsafe' });
  });

  test('is refused when it has none at all', async (scope) => {
    const load = await loadedOn(scope, () => undefined);
    assert.throws(load, { code: 'sqlite_unsafe', message: /no built-in SQLite/u });
  });
});

describe('a Node that warns of its SQLite', () => {
  test('is taken without that warning, and with every other', async (scope) => {
    const warned = scope.mock.method(process, 'emitWarning', () => undefined);
    const emit = process.emitWarning;
    const load = await loadedOn(scope, () => {
      process.emitWarning('SQLite is an experimental feature and might change at any time');
      process.emitWarning('something else', 'SomeWarning');
      return sqliteOf('3.53.0');
    });
    load();
    assert.equal(process.emitWarning, emit);
    const warnings = warned.mock.calls.map((call) => call.arguments as unknown[]);
    assert.deepEqual(warnings, [['something else', 'SomeWarning']]);
  });
});

/** An error of SQLite itself, as Node raises it. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error('SQLite says so'), { code: 'ERR_SQLITE_ERROR', errcode });
}

describe('errors of SQLite', () => {
  const codes: Readonly<Record<string, readonly number[]>> = {
    database_busy: [5, 261, 517, 6, 262],
    database_readonly: [8, 264, 776, 1544],
    database_full: [13],
    database_corrupt: [11, 267, 779],
    database_invalid: [26, 14, 10, 266],
  };
  for (const [code, errcodes] of Object.entries(codes)) {
    test(`become ${code}, with the path and the cause`, () => {
      for (const errcode of errcodes) {
        const cause = sqliteError(errcode);
        const translated = translate(cause, '/data/jobs.db') as Error & { code: string };
        assert.equal(translated.code, code, String(errcode));
        assert.match(translated.message, /\/data\/jobs\.db/u);
        assert.equal(translated.cause, cause);
      }
    });
  }

  test('that mean a bug, and errors of others, stay what they are', () => {
    for (const error of [sqliteError(1), sqliteError(19), new TypeError('no'), 'thrown', null]) {
      assert.equal(translate(error, 'jobs.db'), error);
    }
  });

  test('of gigq are not translated again', () => {
    const error = busyError('jobs.db');
    assert.equal(translate(error, 'other.db'), error);
  });

  test('are busy when somebody holds a lock, whatever kind of lock', () => {
    const busy = [5, 6, 261, 262, 517].map((errcode) => isBusy(sqliteError(errcode)));
    assert.deepEqual(busy, [true, true, true, true, true]);
    assert.equal(isBusy(sqliteError(8)), false);
    assert.equal(isBusy(new Error('busy')), false);
    assert.equal(isBusy(undefined), false);
  });
});
