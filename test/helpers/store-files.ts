// The files of databases as they are on the disk. Never for a database that this process has open: closing any
// descriptor of such a file drops the locks that SQLite holds on it.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FakeClock } from './store-clock.ts';
import { newJobs } from './store-seam.ts';
import { SqliteSeam } from './store-sqlite.ts';

/** Every file in a folder with a hash of its bytes, and its mode. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const paths = pathsIn(folder).map((path) => [relative(folder, path), describeFile(path)]);
  return Object.fromEntries(paths) as Readonly<Record<string, string>>;
}

/** Links are not followed: a project links to the whole of gigq. */
function pathsIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? [path, ...pathsIn(path)] : [path];
  });
}

function describeFile(path: string): string {
  const stats = statSync(path);
  if (!stats.isFile()) return 'no file';
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
  return `${(stats.mode & 0o777).toString(8)} ${hash}`;
}

/** A database with jobs in it, which nobody has open. */
export async function makeDatabase(path: string, jobs = 500): Promise<void> {
  const seam = new SqliteSeam(path, new FakeClock());
  await seam.enqueue(...newJobs(jobs, { params: JSON.stringify('x'.repeat(200)) }));
  await seam.store.close();
}

/** Writes over a part of a file. */
export function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, bytes, 0, bytes.length, at);
  } finally {
    closeSync(file);
  }
}

export const pageSize = 4096;
export const garbage: Uint8Array = new Uint8Array(pageSize).fill(0xa5);
