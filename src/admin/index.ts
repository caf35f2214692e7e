/** `gigq/admin`: what operators do to a database, apart from its jobs. */
import { migrateDatabase } from '../store/open.ts';
import type { Migrated } from '../store/migrate.ts';
import type { Diagnosis } from '../store/doctor.ts';
import { examineAndFix } from './doctor.ts';

export type { Diagnosis, Finding, FindingCode } from '../store/doctor.ts';
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

/**
 * Examines a database and tells what is wrong with it; without `fix` nothing is changed, and no file is left behind.
 *
 * Of a file it looks at the file system, who may read it, the SQLite of this Node, who holds the write lock and the
 * integrity of the whole file; it reads the file on the calling thread, and takes 3 s more if the write lock is held. Of a
 * server, on one connection, at its version, settings and clock, connections, transactions that stay open, what the role
 * may do, the tables and indexes. Of both at the schema, the rows of the jobs, those that crash and the workers. A
 * database that cannot be used is a finding as well, after which nothing more is looked at. With `fix`, a sound database is
 * repaired as far as that is safe: counts are made anew, jobs without a lease or of a dead worker become ready; a file's
 * large WAL is copied into the database, and what every user can read is left to its owner.
 *
 * @returns what was looked at, and the findings: problems and advice, each with a hint, and whether it was or can be fixed.
 * @throws GigqError `invalid_option` for the address of a server with a schema that cannot be.
 * @example
 * import { doctor } from 'gigq/admin';
 *
 * const { findings } = await doctor('jobs.db');
 * for (const { severity, message, hint } of findings) console.log(`${severity}: ${message}. ${hint}`);
 */
export function doctor(database: string, options: { fix?: boolean } = {}): Promise<Diagnosis> {
  return examineAndFix(database, options.fix ?? false);
}
