/** One connection to one SQLite database, its statements prepared once. Every call of SQLite goes through here. */
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { GigqError } from '../../core/errors.ts';
import type { Durability } from '../../core/limits.ts';
import { ensureFile, mayWrite, refuseLockingOut } from './database-file.ts';
import { refuseNetworkFileSystem } from './file-system.ts';
import { loadSqlite } from './library.ts';
import { OriginalFiles } from './original-files.ts';
import { Prepared, type Row, type Values } from './prepared.ts';
import { sql } from './sql.gen.ts';
import { isBusy, translate } from './sqlite-error.ts';

export type Statement = keyof typeof sql;
export type { Row };

/** Another connection holds a lock that is needed; nothing was changed. */
export class Busy extends Error {}

export interface ConnectionOptions {
  /** Whether a missing file or schema is made. */
  readonly initialize: boolean;
  /** Default 'full'. */
  readonly durability?: Durability;
}

/**
 * Waiting for locks is the caller's business: a wait inside SQLite would stop the whole thread. Four thousand pages of WAL
 * between checkpoints, for each checkpoint costs two fsyncs and writes every page only once, however often it changed.
 */
const pragmas = `
  PRAGMA busy_timeout = 0;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA foreign_keys = ON;
  PRAGMA mmap_size = 0;
  PRAGMA cache_size = -16000;
  PRAGMA wal_autocheckpoint = 4000;
`;

/** In WAL mode, each commit waits for the disk with the one; with the other only checkpoints do. */
const synchronous: Readonly<Record<Durability, string>> = { full: 'FULL', relaxed: 'NORMAL' };

/**
 * Opens a database for this thread alone. Throws Busy if another connection stands in the way just now; a GigqError if it
 * can never be opened.
 */
export function openConnection(path: string, options: ConnectionOptions): Connection {
  const files = path === ':memory:' ? undefined : originalFiles(path, options);
  const open = (): DatabaseSync => new (loadSqlite().DatabaseSync)(path, { timeout: 0 });
  const database = explained(path, open);
  try {
    explained(path, () => configure(database, options));
  } catch (error) {
    database.close();
    throw error;
  }
  return new Connection(path, database, files);
}

function originalFiles(path: string, { initialize }: ConnectionOptions): OriginalFiles {
  refuseNetworkFileSystem(path);
  ensureFile(path, initialize);
  refuseLockingOut(path);
  return new OriginalFiles(path);
}

function configure(
  database: DatabaseSync,
  { initialize, durability = 'full' }: ConnectionOptions,
): void {
  database.exec(pragmas);
  database.exec(`PRAGMA synchronous = ${synchronous[durability]}`);
  // A first read, so that a file that is damaged or no database is refused before anything is written to it.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  if (initialize) database.exec('PRAGMA journal_mode = WAL');
}

export class Connection {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  readonly #files: OriginalFiles | undefined;

  /** Over a database that is open already, the caller's own for instance. */
  constructor(path: string, database: DatabaseSync, files?: OriginalFiles) {
    this.path = path;
    this.#database = database;
    this.#files = files;
  }

  all(name: Statement, values: Values = {}): Row[] {
    return this.#explained(() => this.#prepared(sql[name]).all(values));
  }

  get(name: Statement, values: Values = {}): Row | undefined {
    return this.#explained(() => this.#prepared(sql[name]).get(values));
  }

  /** Returns how many rows were changed. */
  run(name: Statement, values: Values = {}): number {
    return this.#explained(() => this.#prepared(sql[name]).run(values));
  }

  /** Takes the write lock at once: a read transaction that wants to write later fails, whatever it waits. */
  begin(): void {
    this.#explained(() => this.#prepared('BEGIN IMMEDIATE').run({}));
  }

  commit(): void {
    this.#explained(() => this.#prepared('COMMIT').run({}));
  }

  /** SQLite may have rolled back by itself; that is as good, and its first error is the one to tell. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }

  /** All or nothing of what `work` writes, within a transaction that goes on. */
  atomically<T>(work: () => T): T {
    this.execute('SAVEPOINT gigq');
    try {
      const result = work();
      this.execute('RELEASE gigq');
      return result;
    } catch (error) {
      // SQLite may have rolled back all of it by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK TO gigq; RELEASE gigq');
      throw error;
    }
  }

  /** For statements of a migration: several at once, never with values in them. */
  execute(text: string): void {
    this.#explained(() => {
      this.#database.exec(text);
    });
  }

  query(text: string): Row[] {
    return this.#explained(() => this.#prepared(text).all({}));
  }

  /** Changes when another connection has committed. */
  dataVersion(): unknown {
    return this.query('PRAGMA data_version')[0]?.['data_version'];
  }

  /** Throws `database_replaced` once the files at the path are not the ones that are open. */
  verifyFiles(): void {
    this.#files?.verify();
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepared(text: string): Prepared {
    let prepared = this.#statements.get(text);
    if (prepared === undefined) {
      prepared = new Prepared(this.#database, text);
      this.#statements.set(text, prepared);
    }
    return prepared;
  }

  #explained<T>(work: () => T): T {
    return explained(this.path, work);
  }
}

/** Whatever SQLite throws, in the terms of gigq. */
function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isBusy(error)) throw new Busy('locked', { cause: error });
    throw unwritable(path, error) ?? translate(error, path);
  }
}

// SQLite says that it "cannot open" a database whose folder it may not write its -shm file into.
function unwritable(path: string, error: unknown): GigqError | undefined {
  const cannotOpen = error instanceof Error && 'errcode' in error && error.errcode === 14;
  if (!cannotOpen || [path, dirname(path)].every(mayWrite)) return undefined;
  return new GigqError('database_readonly', `${path} cannot be opened for writing`, {
    cause: error,
  });
}
