// SQLite stores for tests: in place, on a clock that the test owns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, openConnection } from '../../dist/store/sqlite/connection.js';
import { migrate } from '../../dist/store/sqlite/migrating.js';
import { SqliteStore } from '../../dist/store/sqlite/sqlite-store.js';
import { FakeClock } from './store-clock.ts';
import { type Scope, Seam } from './store-seam.ts';

const folders = new Set<string>();

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when this process is over: whatever has a file of it open closes that first. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gigq-store-'));
  folders.add(folder);
  return folder;
}

/** A seam with what lies under it. */
export class SqliteSeam extends Seam {
  readonly connection: Connection;

  constructor(path: string, clock = new FakeClock()) {
    const connection = openConnection(path, { initialize: true });
    // What is tested here has nothing to do with power cuts, and a disk takes its time.
    connection.execute('PRAGMA synchronous = OFF');
    migrate(connection, { dryRun: false, now: clock.wall() });
    super(new SqliteStore(connection, clock), clock);
    this.connection = connection;
  }

  /** Grows with every row that this connection writes. */
  writes(): number {
    return Number(this.connection.query('SELECT total_changes() AS changes')[0]?.['changes']);
  }

  rows(query: string): readonly Readonly<Record<string, unknown>>[] {
    return this.connection.query(query);
  }
}

/** An empty store, closed when the test is over. */
export function openSqlite(scope: Scope, path = ':memory:'): SqliteSeam {
  const seam = new SqliteSeam(path);
  scope.after(() => seam.store.close());
  return seam;
}
