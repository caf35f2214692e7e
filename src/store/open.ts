/**
 * Which store serves a database, and where it lives. The only file that names a concrete store, and the only way
 * for client and worker to reach one.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GigqError, isGigqError } from '../core/errors.ts';
import type { Durability } from '../core/limits.ts';
import { isServerAddress } from '../core/server-address.ts';
import { systemClock } from './clock.ts';
import type { Diagnosis, Examination } from './doctor.ts';
import { AttendedStore } from './heartbeat.ts';
import { LazyStore } from './lazy-store.ts';
import type { Migrated } from './migrate.ts';
import type { MoveSource, MoveTarget } from './moving.ts';
import { parseAddress } from './postgres/address.ts';
import { notOpened } from './postgres/postgres-error.ts';
import type { openPostgresStore } from './postgres/postgres-store.ts';
import { submitWithin } from './sqlite/borrowed.ts';
import { openConnection } from './sqlite/connection.ts';
import { examine } from './sqlite/doctor/examine.ts';
import { repair } from './sqlite/doctor/repair.ts';
import { migrate } from './sqlite/migrating.ts';
import { openSqliteSource } from './sqlite/moving.ts';
import { busyError } from './sqlite/sqlite-error.ts';
import { openSqliteStore, patiently } from './sqlite/sqlite-store.ts';
import type { Clock, Input, Reply, Store, Submitting } from './store.ts';
import { SharedStore, type StoreHandle } from './store-handle.ts';
import { ThreadedStore } from './threaded.ts';
import { WaitingClaims } from './waiting-claims.ts';

export interface OpenOptions {
  /** Whether a missing database or schema is made. */
  readonly initialize: boolean;
  /** No thread of its own: for programs that end soon. */
  readonly inPlace: boolean;
  /** Default 'full'. */
  readonly durability?: Durability;
}

export interface HereOptions {
  readonly database: string;
  readonly initialize: boolean;
  /** Default 'full'. */
  readonly durability?: Durability;
  readonly clock?: Clock;
  /** Ends this process, which a handler holds up for good; by default it is left alone. */
  readonly endProcess?: () => void;
}

/** The stores that this thread has open: one for each database, so that all who use it share its commits. */
const shared = new Map<string, SharedStore>();

/**
 * A handle on a database. Never throws for the database's sake, and starts nothing before the first call; what is wrong
 * with the database rejects the calls.
 */
export function openStore(database: string, options: OpenOptions): StoreHandle {
  const path = canonical(database);
  if (database === ':memory:')
    return new SharedStore(start(path, options), () => undefined).handle();
  const key = JSON.stringify([path, options]);
  let store = shared.get(key);
  if (store === undefined) {
    store = new SharedStore(start(path, options), () => shared.delete(key));
    shared.set(key, store);
  }
  return store.handle();
}

function start(database: string, { inPlace, ...how }: OpenOptions): Store {
  const options = { database, ...how };
  if (inPlace) return openHere(options);
  return lazily(database, systemClock, () => Promise.resolve(new ThreadedStore(options)));
}

/** Opens a store on this very thread: in the keeper, and in place. */
export function openHere(options: HereOptions): Store {
  const { database, clock = systemClock, endProcess, ...how } = options;
  return lazily(database, clock, async () => {
    const open = isServerAddress(database) ? await postgresOpener() : openSqliteStore;
    const store = await open(database, { clock, ...how });
    return new WaitingClaims(new AttendedStore(store, clock, endProcess), clock);
  });
}

/** Loaded when it is needed: most programs have a file. */
async function postgresOpener(): Promise<typeof openPostgresStore> {
  return (await import('./postgres/postgres-store.ts')).openPostgresStore;
}

function lazily(database: string, clock: Clock, open: () => Promise<Store>): Store {
  const tooLate = (): unknown =>
    isServerAddress(database) ? notOpened(parseAddress(database).shown) : busyError(database);
  return new LazyStore({ open, clock, tooLate });
}

/** What stores jobs in the caller's own transaction, which `tx` stands for. */
export interface Lender {
  call<O extends keyof Submitting>(op: O, input: Input<O>): Promise<Reply<O>>;
}

/**
 * Checks nothing before it is called. On a file it then stores before it returns: what follows comes after it, awaited or
 * not.
 */
export function openWithin(
  database: string,
  tx: unknown,
  { initialize }: Pick<OpenOptions, 'initialize'>,
): Lender {
  if (isServerAddress(database)) return withinServer(database, tx, initialize);
  const lending = { path: fileOf(database), initialize, clock: systemClock };
  return {
    call: (op, input) => new Promise((answer) => answer(submitWithin(lending, tx, { op, input }))),
  };
}

/** What is missing of the schema is made before, by a connection of our own: it stays if the caller rolls back. */
function withinServer(database: string, tx: unknown, initialize: boolean): Lender {
  return {
    async call(op, input) {
      const postgres = await import('./postgres/borrowed.ts');
      const submit = (): Promise<Reply<typeof op>> =>
        postgres.submitWithin(database, tx, { op, input });
      try {
        return await submit();
      } catch (error) {
        if (!initialize || !isGigqError(error) || error.code !== 'database_missing') throw error;
        if (await postgres.isMadeWithin(database, tx)) throw postgres.madeWithin(database);
        await migrateDatabase(database, { dryRun: false });
        return submit();
      }
    },
  };
}

/** Brings a database to the schema of this version, or tells what that would take. */
export async function migrateDatabase(
  database: string,
  { dryRun }: { dryRun: boolean },
): Promise<Migrated> {
  const path = canonical(database);
  return keepingAlive(async () => {
    if (!isServerAddress(path))
      return patiently(path, systemClock, () => migrateHere(path, dryRun));
    const { migratePostgres } = await import('./postgres/postgres-store.ts');
    return migratePostgres(path, { clock: systemClock, dryRun });
  });
}

/** Where jobs move from, and where to. */
export interface MoveEnds {
  readonly source: MoveSource;
  readonly target: MoveTarget;
}

/**
 * Opens the file whose jobs move and the schema that they move to, for as long as the work takes.
 * @throws {GigqError} `invalid_option` for what is no file, or no address of a server
 */
export async function withMove<T>(
  from: string,
  to: string,
  work: (ends: MoveEnds) => Promise<T>,
): Promise<T> {
  if (isServerAddress(from) || !isServerAddress(to)) throw noMove();
  return keepingAlive(async () => {
    const source = await openSqliteSource(fileOf(from), systemClock);
    try {
      const { openPostgresTarget } = await import('./postgres/moving.ts');
      const target = await openPostgresTarget(to, systemClock);
      try {
        return await work({ source, target });
      } finally {
        await target.close();
      }
    } finally {
      source.close();
    }
  });
}

/** Tells what is wrong with a database; changes nothing. */
export async function examineDatabase(database: string, how: Examination): Promise<Diagnosis> {
  const look = { ...how, clock: systemClock };
  if (!isServerAddress(database)) return examine(fileOf(database), look);
  const { examinePostgres } = await import('./postgres/doctor/examine.ts');
  return keepingAlive(() => examinePostgres(database, look));
}

/** Repairs what is wrong with the rows of a sound database, and with its files. */
export async function repairDatabase(database: string): Promise<void> {
  const path = canonical(database);
  return keepingAlive(async () => {
    if (!isServerAddress(path))
      return patiently(path, systemClock, () => {
        repair(path, systemClock.wall());
      });
    const { repairPostgres } = await import('./postgres/postgres-store.ts');
    return repairPostgres(path, systemClock);
  });
}

/** The timers of a store keep no process alive, but whoever called waits for the end. */
async function keepingAlive<T>(work: () => Promise<T>): Promise<T> {
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  try {
    return await work();
  } finally {
    clearInterval(keepAlive);
  }
}

function migrateHere(path: string, dryRun: boolean): Migrated {
  const connection = openConnection(path, { initialize: !dryRun });
  try {
    return migrate(connection, { dryRun, now: systemClock.wall() });
  } finally {
    connection.close();
  }
}

/** One spelling for one database. Throws `invalid_option` for the address of a schema that cannot be. */
function canonical(database: string): string {
  if (isServerAddress(database)) parseAddress(database);
  else if (database !== ':memory:') return fileOf(database);
  return database;
}

function fileOf(database: string): string {
  const path = resolve(database);
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}

function noMove(): GigqError {
  return new GigqError('invalid_option', 'Jobs move from a SQLite file to a PostgreSQL database', {
    hint: "Name a file and an address, such as 'jobs.db' and 'postgres://…/app?schema=jobs'.",
  });
}
