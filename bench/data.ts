// Where the benches keep their files: on the disk of the checkout unless BENCH_DATA names another.
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const dataFolder = join(process.env['BENCH_DATA'] ?? import.meta.dirname, '.data');

/** The path of a file that does not exist yet. */
export function freshFile(name: string): string {
  mkdirSync(dataFolder, { recursive: true });
  const path = join(dataFolder, `${name}.db`);
  for (const suffix of ['', '-wal', '-shm', '-wake', '-turn'])
    rmSync(path + suffix, { force: true });
  return path;
}

/** A copy of a database that nobody has open: its WAL is in the file, and there is no lock to lose by reading it. */
export function copyOfFile(original: string, name: string): string {
  if (existsSync(`${original}-wal`)) throw new Error(`${original} is open: it has a WAL`);
  const path = freshFile(name);
  copyFileSync(original, path);
  return path;
}

export const params = { n: 1, to: 'someone@example.com' };
export const result = { ok: true, n: 1 };
