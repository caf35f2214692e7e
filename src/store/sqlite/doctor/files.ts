/** The files of a database as the file system shows them. */
import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { advice, type Finding, problem } from '../../doctor.ts';
import { mayWrite } from '../database-file.ts';
import { networkFileSystemOf } from '../file-system.ts';

const walAlarmBytes = 64 * 1_048_576;
const byOthers = 0o007;
const suffixes = ['', '-wal', '-shm', '-wake', '-turn'];

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
  return [...filesOf(path), dirname(path)]
    .filter((each) => !mayWrite(each))
    .map((each) =>
      problem('database_readonly', `${each} cannot be written to by this user`, {
        hint: 'Give this user write access to the file and to its folder.',
      }),
    );
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
  for (const file of filesOf(path)) if (isOpenToOthers(file)) chmodSync(file, 0o600);
}

function filesOf(path: string): string[] {
  return suffixes.map((suffix) => `${path}${suffix}`).filter((file) => existsSync(file));
}

function checkWal(path: string): Finding[] {
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= walAlarmBytes) return [];
  const message = `${path}-wal has grown to ${Math.round(size / 1_048_576)} MiB`;
  const hint =
    'A reader that does not end its transaction keeps it from being reset: end it. --fix copies the WAL into the database.';
  return [problem('wal_large', message, { hint, fixable: true })];
}
