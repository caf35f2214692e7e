/** The SQLite that comes with Node, loaded when a database is first opened. */
import { GigqError } from '../../core/errors.ts';

type Sqlite = typeof import('node:sqlite');

let loaded: Sqlite | undefined;

/** Throws `sqlite_unsafe` on a Node without SQLite or with one that can corrupt a database in WAL mode. */
export function loadSqlite(): Sqlite {
  loaded ??= checked(quietly(() => process.getBuiltinModule('node:sqlite')));
  return loaded;
}

function checked(sqlite: Sqlite | undefined): Sqlite {
  if (sqlite === undefined) {
    throw new GigqError('sqlite_unsafe', `Node ${process.versions.node} has no built-in SQLite`);
  }
  const version = versionOf(sqlite);
  if (!isSafe(version)) {
    throw new GigqError(
      'sqlite_unsafe',
      `Node ${process.versions.node} comes with SQLite ${version}, which can corrupt a database`,
    );
  }
  return sqlite;
}

function versionOf(sqlite: Sqlite): string {
  const memory = new sqlite.DatabaseSync(':memory:');
  try {
    return String(memory.prepare('SELECT sqlite_version() AS version').get()?.['version']);
  } finally {
    memory.close();
  }
}

/**
 * SQLite before 3.51.3, and 3.52.0, can lose the WAL of a database while it is being reset:
 * https://sqlite.org/wal.html#the_wal_reset_bug
 */
export function isSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== 3) return major > 3;
  if (minor === 52) return patch > 0;
  return minor > 51 || (minor === 51 && patch >= 3);
}

// Node 22 warns once, in every thread, that its SQLite is experimental. The user did not ask for SQLite by that name.
function quietly<T>(load: () => T): T {
  const emit = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('SQLite is an experimental feature')) {
      Reflect.apply(emit, process, [warning, ...rest]);
    }
  };
  try {
    return load();
  } finally {
    process.emitWarning = emit;
  }
}
