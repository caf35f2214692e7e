/** The files of a database as the file system shows them. */
import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { advice, type Finding, problem } from '../../doctor.ts';
import { mayWrite } from '../database-file.ts';
import { networkFileSystemOf } from '../file-system.ts';

const walAlarmBytes = 64 * 1_048_576;
const byOthers = 0o007;
/** What SQLite writes, and what processes tell each other something by (see hint-file.ts). */
const written = ['', '-wal', '-shm'];
const hints = ['-wake', '-turn'];

export function checkFiles(path: string): Finding[] {
  return [...checkFileSystem(path), ...checkAccess(path), ...checkPrivacy(path), ...checkWal(path)];
}

/** It is in use all the same: the environment allows it. */
function checkFileSystem(path: string): Finding[] {
  const name = networkFileSystemOf(path);
  if (name === undefined) return [];
  const hint =
    'No other host may open this file. Better put it on a local disk, or use PostgreSQL.';
  return [advice('network_file_system', `${path} is on a network file system (${name})`, { hint })];
}

function checkAccess(path: string): Finding[] {
  const needed = [...filesOf(path, written), dirname(path)].filter((each) => !mayWrite(each));
  const useful = filesOf(path, hints).filter((each) => !mayWrite(each));
  return [
    ...needed.map((each) =>
      problem('database_readonly', unwritable(each), {
        hint: 'Give this user write access to the file and to its folder.',
      }),
    ),
    ...useful.map((each) =>
      advice('database_readonly', unwritable(each), {
        hint: 'Jobs run all the same, up to a tenth of a second later: delete the file, and it is made anew like the database.',
      }),
    ),
  ];
}

function unwritable(path: string): string {
  return `${path} cannot be written to by this user`;
}

/** A group that may read it is somebody's decision; everybody is nobody's. */
function checkPrivacy(path: string): Finding[] {
  const open = filesOf(path).filter((file) => isOpenToOthers(file));
  if (open.length === 0) return [];
  const message = `Every user of this machine can read or write ${open.join(', ')}`;
  const hint = 'Params and results may hold secrets; --fix leaves the files to their owner (0600).';
  return [advice('readable_by_others', message, { hint, fixable: true })];
}

function isOpenToOthers(path: string): boolean {
  // On Windows the mode says nothing of who may read.
  return process.platform !== 'win32' && (statSync(path).mode & byOthers) !== 0;
}

export function closeToOthers(path: string): void {
  for (const file of filesOf(path)) if (isOpenToOthers(file)) closeOne(file);
}

function closeOne(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // Only its owner can: it is told of again.
  }
}

function filesOf(path: string, suffixes = [...written, ...hints]): string[] {
  return suffixes
    .map((suffix) => `${path}${suffix}`)
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

function checkWal(path: string): Finding[] {
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= walAlarmBytes) return [];
  const message = `${path}-wal has grown to ${Math.round(size / 1_048_576)} MiB`;
  const hint =
    'A reader that does not end its transaction keeps it from being reset: end it. --fix copies the WAL into the database.';
  return [problem('wal_large', message, { hint, fixable: true })];
}
