/**
 * Whether the files of an open database are still those at its path. SQLite writes on into a file that was unlinked or
 * renamed over, and says nothing: what it commits there is gone. Only ever by stat: opening such a file and closing it
 * would drop the locks that SQLite holds on it in this process.
 */
import { statSync } from 'node:fs';
import { GigqError } from '../../core/errors.ts';

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A file of the database; which one it is gets known once SQLite has made it. */
interface Original {
  readonly path: string;
  identity: Identity | undefined;
}

export class OriginalFiles {
  readonly #files: readonly Original[];
  #verdict: GigqError | undefined;

  /**
   * Takes the file that is there for the original: to be made before SQLite opens it. Its -wal and -shm are known from the
   * first look on: until SQLite has opened the database, whoever closes it last may still remove them.
   */
  constructor(path: string) {
    const others = ['-wal', '-shm'].map((suffix) => ({ path: path + suffix, identity: undefined }));
    this.#files = [original(path), ...others];
  }

  /**
   * Throws `database_replaced` once a file is not at its path any more, and ever after: whoever has the database open
   * may have written beside the others by then. While it is open, SQLite itself never removes its -wal and -shm.
   */
  verify(): void {
    if (this.#verdict === undefined) {
      const gone = this.#files.find((file) => !isInPlace(file));
      if (gone !== undefined) this.#verdict = replaced(gone.path);
    }
    if (this.#verdict !== undefined) throw this.#verdict;
  }
}

function original(path: string): Original {
  const found = identityOf(path);
  return { path, identity: found === 'unknown' ? undefined : found };
}

function isInPlace(file: Original): boolean {
  const found = identityOf(file.path);
  if (found === 'unknown') return true;
  file.identity ??= found;
  const { identity } = file;
  return found?.ino === identity?.ino && found?.dev === identity?.dev;
}

/** Undefined if there is none. Who may not look any more, has not seen that it is gone. */
function identityOf(path: string): Identity | undefined | 'unknown' {
  try {
    // Numbers of inodes can be larger than what a double holds.
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}

function replaced(path: string): GigqError {
  return new GigqError('database_replaced', `${path} was removed or replaced while it was open`);
}
