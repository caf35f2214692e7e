/** Brings a SQLite database to the schema that this version knows: in one transaction, fully or not at all. */
import { GigqError } from '../../core/errors.ts';
import { type Applied, type Migrated, type Migration, outstanding, summary } from '../migrate.ts';
import type { Connection } from './connection.ts';
import { markVersion, refuseMoved } from './mark.ts';
import { migrations } from './sql.gen.ts';

const ledger = `
  CREATE TABLE IF NOT EXISTS gigq_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
  ) STRICT
`;

type Readable = Pick<Connection, 'path' | 'query'>;

export interface MigrateOptions {
  readonly dryRun: boolean;
  /** The wall clock's milliseconds. */
  readonly now: number;
}

/** Throws Busy if another connection holds the write lock. */
export function migrate(connection: Connection, { dryRun, now }: MigrateOptions): Migrated {
  const missing = missingIn(connection);
  if (missing.length === 0 || dryRun) return summary(migrations, missing);
  connection.begin();
  try {
    // Looked up again: another process may have migrated before this one had the lock.
    const still = applyMissing(connection, now);
    connection.commit();
    return summary(migrations, still);
  } catch (error) {
    connection.rollback();
    throw error;
  }
}

/** Within a write transaction. */
export function applyMissing(connection: Connection, now: number): readonly Migration[] {
  const missing = missingIn(connection);
  if (missing.length === 0) return missing;
  refuseMoved(connection);
  connection.execute(ledger);
  for (const migration of missing) apply(connection, migration, now);
  return missing;
}

/** Refuses a database whose schema is not the one that this version knows, without changing it. */
export function requireSchema(connection: Connection): void {
  const missing = missingIn(connection);
  if (missing.length === 0) return;
  const what = missing.length === migrations.length ? 'is no gigq database' : 'has an older schema';
  throw new GigqError('database_invalid', `${connection.path} ${what}`, {
    hint: `Check the path. To make it one, or to bring it up to date: gigq migrate --db ${connection.path}`,
  });
}

/** The migrations that a database still needs; throws as `outstanding` does. */
export function missingIn(connection: Readable): readonly Migration[] {
  return outstanding(connection.path, migrations, appliedIn(connection));
}

function appliedIn(connection: Readable): Applied[] {
  const hasLedger = connection.query("SELECT 1 FROM sqlite_schema WHERE name = 'gigq_migrations'");
  if (hasLedger.length === 0) return [];
  const rows = connection.query(
    `SELECT version, checksum FROM gigq_migrations WHERE version < ${markVersion} ORDER BY version`,
  );
  return rows as unknown as Applied[];
}

function apply(connection: Connection, migration: Migration, now: number): void {
  connection.execute(migration.text);
  const { version, name, checksum } = migration;
  connection.run('recordMigration', { version, name, checksum, now });
}
