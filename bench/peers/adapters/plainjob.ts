import type { Params, Peer } from '../peer.ts';
import { databaseFile, removeDatabase } from './files.ts';
import { load } from './load.ts';

interface Queue {
  add(type: string, data: unknown): unknown;
  addMany(type: string, data: readonly unknown[]): unknown;
  countJobs(filter: { status: number }): number;
  close(): void;
}

interface Worker {
  start(): Promise<void>;
  stop(): unknown;
}

interface Plainjob {
  better(database: object): object;
  defineQueue(options: object): Queue;
  defineWorker(
    type: string,
    process: (job: { data: string }) => Promise<void>,
    options: object,
  ): Worker;
  readonly JobStatus: { readonly Pending: number; readonly Processing: number };
}

interface BetterSqlite {
  readonly default: new (file: string) => object;
}

const { better, defineQueue, defineWorker, JobStatus } = (await load('plainjob')) as Plainjob;
const { default: Database } = (await load('better-sqlite3')) as BetterSqlite;

const file = databaseFile('plainjob');
const ignore = (): void => undefined;
const logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };
let queue: Queue;

const open = async (): Promise<void> => {
  queue = defineQueue({ connection: better(new Database(file)), logger });
};

export const peer: Peer = {
  setup: async () => {
    removeDatabase(file);
    await open();
  },
  open,
  close: async () => queue.close(),
  add: async (params) => queue.add('bench', params),
  addMany: async (params) => queue.addMany('bench', params),
  startWorker: async (handler, concurrency) => {
    const work = async ({ data }: { data: string }): Promise<void> => {
      await handler(JSON.parse(data) as Params);
    };
    const workers = Array.from({ length: concurrency }, () =>
      defineWorker('bench', work, { queue, logger }),
    );
    for (const worker of workers) void worker.start().catch(ignore);
    return { stop: () => workers.map((worker) => worker.stop()) };
  },
  unfinished: async () =>
    queue.countJobs({ status: JobStatus.Pending }) +
    queue.countJobs({ status: JobStatus.Processing }),
};
