// One PostgreSQL server of our own: a data folder, and a process that can be ended without a word and started again. It
// lives in a temporary folder and goes with the process that asked for it, however that ends.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { binariesFor, type Owner, ownerOfServers } from './postgres-binaries.ts';

const cache = join(import.meta.dirname, '../../node_modules/.cache');

/** Part of the address: nothing that gigq prints may hold it. */
export const password = 'open-sesame-4711';

/**
 * A shell that outlives us by as long as it takes to end the server and, unless it is told to keep it, to remove the folder.
 * QUIT is what `pg_ctl stop -m immediate` sends: nobody is told, nothing is tidied up. Only the server writes to stderr, which
 * ends with it: whoever waits for its words is not left waiting.
 */
const guard = `
  "$@" &
  exec 2> /dev/null
  read -r word
  kill -QUIT $!
  wait
  [ "$word" = keep ] || rm -rf "$folder"
`;

export class Cluster {
  readonly address: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #owner = ownerOfServers();
  #guard: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.address = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  }

  /** A server on which nothing has happened yet. */
  static async start(): Promise<Cluster> {
    return Cluster.#on(emptyCluster(ownerOfServers()), () => undefined);
  }

  static async #on(data: string, prepare: (data: string) => void): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'gigq-postgres-'));
    const cluster = new Cluster(folder, await freePort());
    execFileSync('cp', ['-a', data, cluster.#data]);
    prepare(cluster.#data);
    give(cluster.#owner, folder);
    await cluster.restart();
    return cluster;
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  /** Starts it again after a `crash`: it recovers what was committed. */
  async restart(): Promise<void> {
    const { postgres } = binariesFor(this.#owner);
    const command = [postgres, '-D', this.#data, ...settings(this.#port)];
    this.#guard = guarded(command, { folder: this.#folder, owner: this.#owner });
    await saidBy(this.#guard, isReady);
  }

  /** Ends the server in the middle of whatever it does. */
  async crash(): Promise<void> {
    await this.#end('keep\n');
  }

  /** Ends it for good; its folder is gone. */
  async remove(): Promise<void> {
    await this.#end('');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(word: string): Promise<void> {
    const server = this.#guard;
    this.#guard = undefined;
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.ref();
    server.stdin?.end(word);
    await ended;
  }

  /** A standby made of the data of this server, which must not run: it can be read, until it is promoted. */
  async standby(): Promise<Cluster> {
    return Cluster.#on(this.#data, (data) => {
      writeFileSync(join(data, 'standby.signal'), '');
      rmSync(join(data, 'postmaster.pid'), { force: true });
    });
  }
}

/** What is tested here has nothing to do with power cuts, and a disk takes its time. */
function settings(port: number): readonly string[] {
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '64MB',
    max_connections: 100,
    autovacuum_naptime: '1h',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** A program that ends with this process, as does its folder. */
export function guarded(
  command: readonly string[],
  { folder, owner }: { readonly folder: string; readonly owner: Owner | null },
): ChildProcess {
  return spawn('sh', ['-c', guard, 'sh', ...command], {
    ...owner,
    cwd: '/',
    // A group of its own: Ctrl-C is for the tests.
    detached: true,
    env: { ...process.env, folder, LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

/** Also a standby says that it is ready, though only to be read. */
const isReady = /ready to accept (?:read-only )?connections/u;

/** Resolves once a program has said so on stderr; from then on it does not keep this process alive. */
export async function saidBy(program: ChildProcess, words: RegExp): Promise<void> {
  const stderr = program.stderr!;
  let said = '';
  await new Promise<void>((resolve) => {
    stderr.once('end', resolve);
    stderr.on('data', (chunk: Buffer) => {
      if (!words.test(said)) said += chunk.toString();
      if (words.test(said)) resolve();
    });
  });
  if (!words.test(said)) throw new Error(`${program.spawnargs.join(' ')} did not start:\n${said}`);
  program.unref();
  for (const stream of [stderr, program.stdin]) (stream as unknown as { unref(): void }).unref();
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const found = server.address();
  server.close();
  await once(server, 'close');
  return typeof found === 'object' && found !== null ? found.port : 0;
}

/** A cluster in which nothing has happened yet: made once, then copied. */
function emptyCluster(owner: Owner | null): string {
  const binaries = binariesFor(owner);
  const template = join(cache, `postgres-${binaries.version}`);
  if (existsSync(template)) return template;
  const folder = mkdtempSync(join(tmpdir(), 'gigq-initdb-'));
  give(owner, folder);
  try {
    initialize(binaries.initdb, { folder, owner });
    mkdirSync(dirname(template), { recursive: true });
    const own = `${template}.${process.pid}`;
    execFileSync('cp', ['-a', join(folder, 'data'), own]);
    // Another test may have been faster.
    if (existsSync(template)) rmSync(own, { recursive: true });
    else renameSync(own, template);
    return template;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function give(owner: Owner | null, folder: string): void {
  if (owner !== null) execFileSync('chown', [`${owner.uid}:${owner.gid}`, folder]);
}

function initialize(
  initdb: string,
  { folder, owner }: { readonly folder: string; readonly owner: Owner | null },
): void {
  const script =
    'printf %s "$password" > "$0/password" && "$1" -D "$0/data" --pwfile="$0/password" -U postgres --auth=password --encoding=UTF8 --locale=C --no-sync --wal-segsize=1';
  execFileSync('sh', ['-c', script, folder, initdb], {
    ...owner,
    cwd: '/',
    env: { ...process.env, password, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
