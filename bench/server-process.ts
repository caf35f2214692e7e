// Servers that a bench starts, and stops: on 127.0.0.1, at ports of their own.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';

export interface Started {
  /** A port of Redis, a URL of PostgreSQL. */
  readonly address: string;
  readonly version: string;
  readonly server: ChildProcess;
}

const readyMs = 30_000;
const stopMs = 20_000;
const readyLine = /ready to accept connections/iu;

/** Resolves once the server says that it can be connected to. */
export async function ready(server: ChildProcess, program: string): Promise<void> {
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
export async function stop(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  const timer = setTimeout(() => server.kill('SIGKILL'), stopMs);
  server.kill('SIGINT');
  await gone;
  clearTimeout(timer);
}

/** As the program tells it: `Redis server v=7.0.15 …`, `postgres (PostgreSQL) 18.4`. */
export function versionOf(program: string): string {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const name = /redis|postgres/iu.exec(stdout)?.[0] ?? program;
  return `${name} ${/\d+\.\d+(?:\.\d+)?/u.exec(stdout)?.[0] ?? 'unknown'}`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}
