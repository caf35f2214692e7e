import { type Handler, type Peer, prepared } from '../peer.ts';
import { load } from './load.ts';
import { newPool, openPool, resetDatabase } from './postgres.ts';

interface Utils {
  migrate(): Promise<void>;
  addJob(task: string, payload: unknown): Promise<unknown>;
  addJobs(jobs: readonly object[]): Promise<unknown>;
}

interface Graphile {
  readonly Logger: new (factory: () => () => void) => object;
  makeWorkerUtils(options: object): Promise<Utils>;
  run(options: object): Promise<{ stop(): Promise<void> }>;
}

const { Logger, makeWorkerUtils, run } = (await load('graphile-worker')) as Graphile;

const logger = new Logger(() => () => undefined);
const batching =
  prepared('BENCH_PEER_VARIANT') === 'unbatched'
    ? {}
    : { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
let utils: Utils;
let count: (text: string) => Promise<number>;

const open = async (): Promise<void> => {
  utils = await makeWorkerUtils({ pgPool: newPool(20), preset: { worker: { logger } } });
  await utils.migrate();
  ({ count } = await openPool());
};

const start = (handler: Handler, concurrency: number): Promise<{ stop(): Promise<void> }> => {
  const connectionString = prepared('BENCH_PEER_POSTGRES');
  const worker = {
    connectionString,
    concurrentJobs: concurrency,
    maxPoolSize: 25,
    ...batching,
    logger,
  };
  const taskList = { bench: handler };
  return run({ preset: { worker }, taskList, noHandleSignals: true, crontab: '', logger });
};

export const peer: Peer = {
  setup: async () => {
    await resetDatabase('graphile_worker');
    await open();
  },
  open,
  close: async () => undefined,
  add: (params) => utils.addJob('bench', params),
  addMany: (params) => utils.addJobs(params.map((payload) => ({ identifier: 'bench', payload }))),
  startWorker: async (handler, concurrency) => {
    const runner = await start(handler, concurrency);
    return { stop: () => runner.stop().catch(() => undefined) };
  },
  unfinished: () => count('SELECT count(*) AS count FROM graphile_worker.jobs'),
};
