import type { Handler, Params, Peer } from '../peer.ts';
import { databaseFile, removeDatabase } from './files.ts';
import { load } from './load.ts';

interface Dispatcher {
  run(): Promise<unknown>;
}

interface Boringnode {
  readonly Job: new () => { readonly payload: Params };
  readonly Locator: { register(name: string, job: unknown): void };
  readonly QueueManager: { init(config: object): Promise<unknown> };
  readonly QueueSchemaService: new (database: object) => {
    createJobsTable(): Promise<unknown>;
    createSchedulesTable(): Promise<unknown>;
  };
  readonly Worker: new (config: object) => {
    start(queues: readonly string[]): Promise<unknown>;
    stop(): Promise<unknown>;
  };
}

interface KnexTable {
  whereNotIn(column: string, values: readonly string[]): KnexTable;
  count(columns: object): Promise<readonly { count: number }[]>;
}

interface Knex {
  (table: string): KnexTable;
  destroy(): Promise<void>;
}

const { Job, Locator, QueueManager, QueueSchemaService, Worker } = (await load(
  '@boringnode/queue',
)) as Boringnode;
const { knex } = (await load('@boringnode/queue/drivers/knex_adapter')) as {
  readonly knex: (database: Knex) => unknown;
};
const { default: makeKnex } = (await load('knex')) as {
  readonly default: (options: object) => Knex;
};

let handle: Handler | undefined;

class BenchJob extends Job {
  static readonly options = { name: 'BenchJob' };

  async execute(): Promise<void> {
    await handle?.(this.payload);
  }
}

/** The calls that every class of jobs inherits. */
const dispatching = BenchJob as unknown as {
  dispatch(params: Params): Dispatcher;
  dispatchMany(params: readonly Params[]): Dispatcher;
};

const file = databaseFile('boringnode');
let database: Knex;

const ignore = (): void => undefined;
const logger = {
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (...parts: unknown[]) => console.error(...parts),
  child: (): unknown => logger,
};

const config = (concurrency: number): object => ({
  default: 'db',
  adapters: { db: knex(database) },
  locations: [],
  worker: { concurrency, idleDelay: '2s', gracefulShutdown: false },
  logger,
});

const connect = (): void => {
  database = makeKnex({
    client: 'better-sqlite3',
    connection: { filename: file },
    useNullAsDefault: true,
  });
};

const initialize = async (): Promise<void> => {
  await QueueManager.init(config(10));
  Locator.register('BenchJob', BenchJob);
};

export const peer: Peer = {
  setup: async () => {
    removeDatabase(file);
    connect();
    const schema = new QueueSchemaService(database);
    await schema.createJobsTable();
    await schema.createSchedulesTable();
    await initialize();
  },
  open: async () => {
    connect();
    await initialize();
  },
  close: () => database.destroy(),
  add: (params) => dispatching.dispatch(params).run(),
  addMany: (params) => dispatching.dispatchMany(params).run(),
  bulkSize: 100,
  startWorker: async (handler, concurrency) => {
    handle = handler;
    const worker = new Worker(config(concurrency));
    worker.start(['default']).catch((error: unknown) => console.error(error));
    return { stop: () => worker.stop() };
  },
  unfinished: async () => {
    const table = database('queue_jobs').whereNotIn('status', ['completed', 'failed']);
    return (await table.count({ count: '*' }))[0]?.count ?? 0;
  },
};
