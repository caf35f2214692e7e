/**
 * A database as one moment saw it, looked at without leaving a trace: neither is a byte of it changed, nor does a file
 * stay behind. Where nobody has it open there is no -wal: SQLite would make one, and a -shm, for a mere reader, and leave
 * both, so it is told that the file does not change. If somebody opens it meanwhile, the look is taken anew.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isGigqError } from '../../../core/errors.ts';
import type { Row, Values } from '../prepared.ts';
import { loadSqlite } from '../library.ts';
import { translate } from '../sqlite-error.ts';

/** How long a look waits where another process recovers the database. */
const patienceMs = 5000;

export class Snapshot {
  readonly path: string;
  readonly #database: DatabaseSync;

  constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
  }

  /** Throws a GigqError if the database cannot be read. */
  query(text: string, values: Values = {}): Row[] {
    try {
      return this.#database.prepare(text).all(values);
    } catch (error) {
      throw translate(error, this.path);
    }
  }
}

/** Throws a GigqError if the database cannot be read. */
export function lookAt<T>(path: string, look: (snapshot: Snapshot) => T): T {
  if (isInUse(path)) return lookInUse(path, look);
  const seen = attempt(() => lookAtUnused(path, look));
  return isInUse(path) ? lookInUse(path, look) : seen();
}

function lookInUse<T>(path: string, look: (snapshot: Snapshot) => T): T {
  try {
    return lookIn(path, path, look);
  } catch (error) {
    // What a killed process left in the journal has to be rolled back first, which is writing.
    const isCutOff = isGigqError(error) && error.code === 'database_readonly';
    if (isCutOff && existsSync(`${path}-journal`)) return lookAtCopy(path, look);
    throw error;
  }
}

/** Whether somebody may have it open, or left it as one who was killed. A journal is that of a database without WAL. */
function isInUse(path: string): boolean {
  const has = (suffix: string): boolean => existsSync(`${path}${suffix}`);
  return (has('-wal') && has('-shm')) || has('-journal');
}

function lookAtUnused<T>(path: string, look: (snapshot: Snapshot) => T): T {
  const walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return walBytes === 0 ? lookIn(path, unchanging(path), look) : lookAtCopy(path, look);
}

function unchanging(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

/**
 * A -wal without its -shm, or a journal that was cut off: nobody has it open, this process included, so that the files may be
 * read; but whoever reads them by SQLite makes a -shm that stays, or rolls back.
 */
function lookAtCopy<T>(path: string, look: (snapshot: Snapshot) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'gigq-doctor-'));
  const copy = join(folder, 'copy.db');
  try {
    for (const suffix of ['', '-wal', '-journal'].filter((each) => existsSync(`${path}${each}`))) {
      copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
      chmodSync(`${copy}${suffix}`, 0o600);
    }
    return lookIn(path, copy, look);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lookIn<T>(path: string, place: string | URL, look: (snapshot: Snapshot) => T): T {
  const database = open(path, place);
  try {
    const snapshot = new Snapshot(path, database);
    snapshot.query('BEGIN');
    return look(snapshot);
  } finally {
    database.close();
  }
}

function open(path: string, place: string | URL): DatabaseSync {
  try {
    // A copy may be written to, and has to be where something was cut off.
    const readOnly = place === path || place instanceof URL;
    return new (loadSqlite().DatabaseSync)(place, { readOnly, timeout: patienceMs });
  } catch (error) {
    throw translate(error, path);
  }
}

/** Runs it now; what came of it is had, or thrown, by the call that is returned. */
function attempt<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
