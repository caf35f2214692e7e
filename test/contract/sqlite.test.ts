import { join } from 'node:path';
import { describe } from 'node:test';
import type { Scope } from '../helpers/store-seam.ts';
import { SqliteSeam, temporaryFolder } from '../helpers/store-sqlite.ts';
import type { StoreUnderTest } from './contract.ts';
import { runContract } from './suites.ts';

function open(scope: Scope, path: string): ReturnType<StoreUnderTest['open']> {
  let seam = new SqliteSeam(path);
  scope.after(() => seam.store.close());
  const reopen = async (): Promise<SqliteSeam> => {
    await seam.store.close();
    seam = new SqliteSeam(path, seam.clock);
    return seam;
  };
  const isFile = path !== ':memory:';
  return Promise.resolve({ seam, writes: () => seam.writes(), reopen: isFile ? reopen : null });
}

describe('SQLite in memory', () => {
  runContract({ open: (scope) => open(scope, ':memory:'), exceptions: {}, modelRuns: 300 });
});

describe('SQLite on a file', () => {
  const openFile = (scope: Scope): ReturnType<typeof open> =>
    open(scope, join(temporaryFolder(), 'jobs.db'));
  runContract({ open: openFile, exceptions: {}, modelRuns: 150 });
});
