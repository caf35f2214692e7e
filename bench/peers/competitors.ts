// The queues that gigq is measured beside, each at the best settings that its own documentation gives.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Competitor {
  /** What it is called on the command line. */
  readonly key: string;
  readonly name: string;
  /** A module of `adapters/`. */
  readonly adapter: string;
  /** Told to the adapter, if it serves several competitors. */
  readonly variant?: string;
  readonly packages: readonly string[];
  /** What survives a power cut. */
  readonly durability: string;
  readonly settings: string;
  /** Known once it has started. */
  readonly serverVersion?: string;
  readonly server?: 'redis' | 'redis-always' | 'postgres';
  /** Default: this Node. */
  readonly runtime?: string;
  /** Only one process may use its store. */
  readonly isAlone?: boolean;
  readonly mostConcurrency?: number;
  /** How many times as fast gigq is to drain at concurrency 100. */
  readonly timesAsFast?: number;
  /** The same, where gigq is on PostgreSQL, too. */
  readonly timesAsFastOnServer?: number;
}

const modules = join(import.meta.dirname, 'node_modules');
const bun = join(modules, '.bin/bun');
const fsynced = 'full: fsync before a commit returns';

const bullmq = {
  adapter: 'bullmq',
  packages: ['bullmq', 'ioredis'],
  settings:
    'as its guide to production: noeviction, removeOnComplete 1,000, removeOnFail 5,000; concurrency on one Worker',
} as const;

const bunqueue = {
  adapter: 'bunqueue',
  packages: ['bunqueue', 'bun'],
  settings: 'embedded, batchSize = concurrency',
  runtime: bun,
  isAlone: true,
} as const;

const sidequest = {
  adapter: 'sidequest',
  settings:
    'runner inline, fork: false, so that the handler can be timed (its default, a forked engine, costs more); poll 100 ms',
} as const;

const graphile = {
  adapter: 'graphile-worker',
  packages: ['graphile-worker', 'pg'],
  server: 'postgres',
} as const;

export const competitors: readonly Competitor[] = [
  {
    key: 'gigq',
    name: 'gigq',
    adapter: 'gigq',
    packages: [],
    durability: 'full: fsync before a commit returns; history kept, settlements fenced',
    settings: 'its defaults; concurrency on one Worker',
  },
  {
    key: 'plainjob',
    name: 'plainjob',
    adapter: 'plainjob',
    packages: ['plainjob', 'better-sqlite3'],
    durability: 'NORMAL, set by the library: no fsync for a commit; no results, no retries',
    settings: 'a defineWorker for each slot, poll 1 s (its default)',
    timesAsFast: 6,
  },
  {
    ...bullmq,
    key: 'bullmq',
    name: 'BullMQ, everysec',
    server: 'redis',
    durability: 'appendfsync everysec: a second of acknowledged jobs can be lost',
    timesAsFast: 3.5,
  },
  {
    ...bullmq,
    key: 'bullmq-always',
    name: 'BullMQ, always',
    server: 'redis-always',
    durability: 'appendfsync always: fsync before each reply',
  },
  {
    ...bunqueue,
    key: 'bunqueue',
    name: 'bunqueue',
    durability: 'written behind from memory, no fsync',
    timesAsFast: 18,
  },
  {
    ...bunqueue,
    key: 'bunqueue-durable',
    name: 'bunqueue, durable',
    variant: 'durable',
    durability: 'a commit for each job, no fsync',
  },
  {
    ...sidequest,
    key: 'sidequest-sqlite',
    name: 'Sidequest on SQLite',
    variant: 'sqlite',
    packages: ['sidequest', '@sidequest/sqlite-backend', 'better-sqlite3'],
    durability: 'full: rollback journal, fsync before a commit returns',
    isAlone: true,
    mostConcurrency: 1,
  },
  {
    ...sidequest,
    key: 'sidequest-postgres',
    name: 'Sidequest on PostgreSQL',
    packages: ['sidequest', '@sidequest/postgres-backend', 'pg'],
    durability: fsynced,
    server: 'postgres',
  },
  {
    key: 'boringnode',
    name: '@boringnode/queue on SQLite',
    adapter: 'boringnode',
    packages: ['@boringnode/queue', 'knex', 'better-sqlite3'],
    durability: 'full: rollback journal, fsync before a commit returns',
    settings: 'knex with better-sqlite3, idleDelay 2 s (as in its example), done jobs are deleted',
  },
  {
    ...graphile,
    key: 'graphile-worker',
    name: 'graphile-worker',
    durability: `${fsynced}; completions batched in memory, done jobs deleted`,
    settings: 'as its guide to performance: localQueue of 500, completeJobBatchDelay 0, pool 25',
    timesAsFastOnServer: 1.2,
  },
  {
    ...graphile,
    key: 'graphile-worker-unbatched',
    name: 'graphile-worker, not batched',
    variant: 'unbatched',
    durability: `${fsynced}; done jobs deleted`,
    settings: 'its defaults, pool 25',
  },
  {
    key: 'pg-boss',
    name: 'pg-boss',
    adapter: 'pg-boss',
    packages: ['pg-boss', 'pg'],
    durability: fsynced,
    settings:
      'useListenNotify, burstWhenBatchFull, perJobResults; concurrency = batchSize × localConcurrency',
    server: 'postgres',
  },
];

export function areInstalled(): boolean {
  return existsSync(modules);
}

export function versionsOf({ packages, serverVersion }: Competitor): string {
  const versions = packages.map((name) => `${name} ${versionOf(name)}`);
  return [...versions, ...(serverVersion === undefined ? [] : [serverVersion])].join(', ');
}

/** Why it cannot run here, apart from its server. */
export function missingFor({ packages, runtime }: Competitor): string | undefined {
  const missing = packages.filter((name) => versionOf(name) === 'missing');
  if (missing.length > 0) return `${missing.join(', ')} is not installed`;
  return runtime !== undefined && !existsSync(runtime) ? 'bun is not installed' : undefined;
}

function versionOf(name: string): string {
  const file = join(modules, name, 'package.json');
  if (!existsSync(file)) return 'missing';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
