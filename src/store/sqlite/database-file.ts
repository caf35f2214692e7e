/**
 * The file of a database, before SQLite opens it. Nothing here opens an existing database file: closing any descriptor
 * of it would drop the locks that SQLite holds on it in this process.
 */
import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  statSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GigqError } from '../../core/errors.ts';

/** Makes sure that there is a file to open, creating it (0600) if asked to. */
export function ensureFile(path: string, create: boolean): void {
  const stats = statOf(path);
  if (stats !== undefined) return refuseOtherThanFile(path, stats);
  if (!create) throw new GigqError('database_missing', `There is no database at ${path}`);
  createPrivate(path);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new GigqError('database_missing', `${path} cannot be reached: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function refuseOtherThanFile(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'a directory' : 'not a regular file';
  throw new GigqError('database_invalid', `${path} is ${what}`, {
    hint: 'Name a file, such as jobs.db.',
  });
}

/**
 * Refuses a file of another user that this one may only read, while nobody has it open: SQLite would make a -wal and a -shm of
 * this user's for it, and leave them, and its owner could write no more.
 */
export function refuseLockingOut(path: string): void {
  const isInUse = ['-wal', '-shm'].every((suffix) => existsSync(path + suffix));
  // On Windows files have no owner in that sense.
  const user = process.getuid?.() ?? statOf(path)?.uid;
  if (isInUse || mayWrite(path) || statOf(path)?.uid === user) return;
  throw new GigqError(
    'database_readonly',
    `${path} belongs to another user, and can only be read`,
    {
      hint: 'To look at it would leave files that lock its owner out: look as its owner, or while a worker runs. gigq doctor leaves nothing.',
    },
  );
}

export function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Creates the file for nobody but its owner, so that SQLite gives its -wal and -shm the same mode. It is made under a
 * name of its own and linked into place: if somebody else is quicker, theirs stays.
 */
function createPrivate(path: string): void {
  const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    linkUnlessThere(draft, path);
  } catch (error) {
    throw creationError(path, error);
  } finally {
    removeIfThere(draft);
  }
}

function linkUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made.
  }
}

function creationError(path: string, error: unknown): GigqError {
  const folder = dirname(path);
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new GigqError(
        'database_missing',
        `There is no folder ${folder} to hold ${basename(path)}`,
        {
          hint: 'Create the folder, or name a path in one that exists.',
          cause: error,
        },
      );
    case 'ENOSPC':
      return new GigqError('database_full', `No space is left for ${path}`, { cause: error });
    default:
      return new GigqError('database_readonly', `${path} cannot be created: ${reasonOf(error)}`, {
        cause: error,
      });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
