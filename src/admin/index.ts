/** `gigq/admin`: what operators do to a database, apart from its jobs. */
import { boolean, checkOptions, refusal } from '../client/options.ts';
import { migrateDatabase } from '../store/open.ts';
import type { Migrated } from '../store/migrate.ts';
import type { Diagnosis } from '../store/doctor.ts';
import { examineAndFix } from './doctor.ts';
import { type Moved, moveJobs, type MoveOptions } from './move.ts';

export type { Diagnosis, Finding, FindingCode } from '../store/doctor.ts';
export type { Migrated } from '../store/migrate.ts';
export type { Moved, MoveOptions, MoveProgress } from './move.ts';

/**
 * Brings a database to the schema of this version of gigq; a database that is missing is created.
 *
 * It runs in one transaction: afterwards the schema is fully new or, if anything failed, fully old. With `dryRun`
 * nothing is written, and a missing database is an error.
 *
 * @returns the versions before and after, and the names of the migrations applied (with `dryRun`: still to apply).
 * @throws GigqError `schema_newer` if a newer gigq made the database; `database_missing`, `database_invalid`,
 * `database_corrupt`, `database_readonly` or `database_busy` (after 30 s) if it cannot be opened; `database_refused` for a role
 * that may not make what is missing, with `dryRun` as well; `invalid_option`.
 * @example
 * import { migrate } from 'gigq/admin';
 *
 * const { from, to } = await migrate('jobs.db');
 * console.log(`schema ${from} → ${to}`);
 */
export async function migrate(database: string, options: MigrateOptions = {}): Promise<Migrated> {
  checkDatabase(database, 'migrate');
  checkOptions<MigrateOptions>({ dryRun: boolean }, options, 'migrate');
  return migrateDatabase(database, { dryRun: options.dryRun ?? false });
}

interface MigrateOptions {
  /** Only tells what would be done; nothing is written. Default false. */
  dryRun?: boolean;
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
export async function doctor(database: string, options: DoctorOptions = {}): Promise<Diagnosis> {
  checkDatabase(database, 'doctor');
  checkOptions<DoctorOptions>({ fix: boolean }, options, 'doctor');
  return examineAndFix(database, options.fix ?? false);
}

interface DoctorOptions {
  /** Repairs what is safe to repair. Default false. */
  fix?: boolean;
}

/** What others hold is looked at: there is nothing to be done to a database in memory. */
function checkDatabase(database: unknown, where: string): void {
  const isPlace = typeof database === 'string' && !['', ':memory:'].includes(database);
  if (!isPlace) throw refusal(`${where}: database`, 'the path of a file or an address', database);
}

/**
 * Moves everything that a SQLite file holds to a schema of a PostgreSQL database, which is made if it is missing; the file is kept,
 * marked, and used by nobody any more.
 *
 * Jobs keep their ids, states, times, executions and order; those of workers that died become ready, as any worker would make them.
 * From the moment on that the file is marked, whoever submits to it or works on it gets `database_moved`, which names the new
 * database. All is copied in one transaction of the server and read back: its rows are there once they were all found equal, and
 * not before. If it is interrupted, call it again with the same names; or with `undo`, unless all was there already.
 *
 * @returns what was moved: rows and checksums of each kind. A file that has moved there before is no error.
 * @throws GigqError `workers_running` if workers run on the file and `wait` is not given, `wait_timeout` if they have not stopped in
 * that time; `database_occupied` if the schema holds anything already; `database_moved` if the file was moved elsewhere;
 * `move_failed` if what was written differs; `invalid_option`, and what keeps either database from being opened.
 * @example
 * import { move } from 'gigq/admin';
 *
 * const { tables } = await move('jobs.db', 'postgres://app@db.example/app?schema=jobs', { wait: '5m' });
 * console.log(`${tables.jobs.rows} jobs have moved`);
 */
export function move(from: string, to: string, options: MoveOptions = {}): Promise<Moved> {
  return moveJobs(from, to, options);
}
