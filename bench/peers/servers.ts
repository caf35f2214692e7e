// The servers that some queues need: on 127.0.0.1, at ports of their own, with their data in the folder of the run.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import { startPostgres } from '../postgres-server.ts';
import { freePort, ready, type Started, stop, versionOf } from '../server-process.ts';
import type { Competitor } from './competitors.ts';
import type { Servers } from './host-process.ts';

type Kind = keyof Servers;

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

  /** Starts what the competitors need and is not running yet. */
  static async start(
    competitors: readonly Competitor[],
    running: Readonly<Partial<Record<Kind, Started | undefined>>> = {},
  ): Promise<Fleet> {
    const kinds = new Set(competitors.flatMap(({ server }) => server ?? []));
    const servers: Partial<Record<Kind, string>> = {};
    const versions: Partial<Record<Kind, string>> = {};
    const missing: Partial<Record<Kind, string>> = {};
    const processes: ChildProcess[] = [];
    for (const kind of kinds) {
      try {
        const started = running[kind] ?? (await starters[kind]());
        servers[kind] = started.address;
        versions[kind] = started.version;
        if (running[kind] === undefined) processes.push(started.server);
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

const starters: Readonly<Record<Kind, () => Promise<Started>>> = {
  redis: () => startRedis('everysec'),
  'redis-always': () => startRedis('always'),
  postgres: startPostgres,
};

async function startRedis(policy: string): Promise<Started> {
  const program = process.env['BENCH_REDIS'] ?? 'redis-server';
  const port = String(await freePort());
  const folder = join(dataFolder, `redis-${policy}`);
  mkdirSync(folder, { recursive: true });
  const where = ['--bind', '127.0.0.1', '--port', port, '--dir', folder];
  const how = ['--appendonly', 'yes', '--appendfsync', policy, '--save', ''];
  const server = spawn(program, [...where, ...how, '--maxmemory-policy', 'noeviction'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await ready(server, program);
  } catch (error) {
    await stop(server);
    throw error;
  }
  return { address: port, version: versionOf(program), server };
}
