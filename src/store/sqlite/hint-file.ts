/**
 * A file beside a database by which its processes tell each other something. All of it is hints: whoever cannot have the file
 * goes without. Like the -wal that SQLite makes it has the mode of the database, and its owner if root makes it, so that
 * whoever may use the one may use the other.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';

/** A link would lead elsewhere, and a pipe keep waiting whoever opens it. On Windows these two are undefined, and add nothing. */
const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
const permissions = 0o666;

/** Opens it for reading and writing, and makes it if need be; throws what keeps it from being had. */
export function openHintFile(database: string, suffix: '-wake' | '-turn'): number {
  const path = `${database}${suffix}`;
  const file = openSync(path, flags, 0o600);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error(`${path} is not a file`);
    // As long as it is empty it may be new.
    if (stats.size === 0) takeAfter(file, stats, database);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function takeAfter(file: number, own: Stats, database: string): void {
  const { mode, uid, gid } = statSync(database, { throwIfNoEntry: false }) ?? own;
  if (((own.mode ^ mode) & permissions) !== 0) fchmodSync(file, mode & permissions);
  const isOwned = own.uid === uid && own.gid === gid;
  if (!isOwned && process.getuid?.() === 0) fchownSync(file, uid, gid);
}
