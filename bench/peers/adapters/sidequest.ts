import { type Peer, prepared } from '../peer.ts';
import { databaseFile, removeDatabase } from './files.ts';
import { load } from './load.ts';
import { openPool, resetDatabase } from './postgres.ts';
import { BenchJob, work } from './sidequest-job.ts';

interface Sidequest {
  readonly Sidequest: {
    configure(options: object): Promise<unknown>;
    start(options: object): Promise<unknown>;
    build(job: unknown): { enqueue(params: unknown): Promise<unknown> };
  };
}

interface BetterSqlite {
  readonly default: new (
    file: string,
    options: object,
  ) => { prepare(text: string): { get(): { count: number } } };
}

const { Sidequest: sidequest } = (await load('sidequest')) as Sidequest;
const isSqlite = prepared('BENCH_PEER_VARIANT') === 'sqlite';
const file = databaseFile('sidequest');
const count =
  "SELECT count(*) AS count FROM sidequest_jobs WHERE state NOT IN ('completed', 'failed', 'canceled')";
let unfinished: () => Promise<number>;

const config = (concurrency: number): object => ({
  backend: isSqlite
    ? { driver: '@sidequest/sqlite-backend', config: file }
    : { driver: '@sidequest/postgres-backend', config: prepared('BENCH_PEER_POSTGRES') },
  queues: [{ name: 'default', concurrency }],
  maxConcurrentJobs: concurrency,
  fork: false,
  runner: 'inline',
  gracefulShutdown: false,
  dashboard: { enabled: false },
  logger: { level: 'error' },
});

const countInFile = async (): Promise<() => Promise<number>> => {
  const { default: Database } = (await load('better-sqlite3')) as BetterSqlite;
  const reader = new Database(file, { readonly: true });
  return async () => reader.prepare(count).get().count;
};

const open = async (): Promise<void> => {
  await sidequest.configure(config(isSqlite ? 1 : 10));
  const pool = isSqlite ? undefined : await openPool();
  unfinished = pool === undefined ? await countInFile() : () => pool.count(count);
};

export const peer: Peer = {
  setup: async () => {
    if (isSqlite) removeDatabase(file);
    else await resetDatabase('public');
    await open();
  },
  open,
  close: async () => undefined,
  add: (params) => sidequest.build(BenchJob).enqueue(params),
  startWorker: async (handler, concurrency) => {
    work.handler = handler;
    await sidequest.start(config(concurrency));
    return { stop: () => undefined };
  },
  unfinished: () => unfinished(),
};
