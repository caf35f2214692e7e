/** `gigq/admin`: what operators do to a database, apart from its jobs. */
import { migrateDatabase } from '../store/open.ts';
import type { Migrated } from '../store/migrate.ts';

export type { Migrated } from '../store/migrate.ts';

/**
 * Brings a database to the schema of this version of gigq; a database that is missing is created.
 *
 * It runs in one transaction: afterwards the schema is fully new or, if anything failed, fully old. With `dryRun`
 * nothing is written, and a missing database is an error.
 *
 * @returns the versions before and after, and the names of the migrations applied (with `dryRun`: still to apply).
 * @throws GigqError `schema_newer` if a newer gigq made the database; `database_missing`, `database_invalid`,
 * `database_corrupt`, `database_readonly` or `database_busy` (after 30 s) if it cannot be opened.
 * @example
 * import { migrate } from 'gigq/admin';
 *
 * const { from, to } = await migrate('jobs.db');
 * console.log(`schema ${from} → ${to}`);
 */
export function migrate(database: string, options: { dryRun?: boolean } = {}): Promise<Migrated> {
  return migrateDatabase(database, { dryRun: options.dryRun ?? false });
}
