import { JobQueue, type JobQueueOptions, task, Worker } from '../../../dist/index.js';
import { type Handler, type Params, type Peer, prepared } from '../peer.ts';
import { databaseFile, removeDatabase } from './files.ts';

/** On a server, if one is prepared. */
const address = prepared('BENCH_PEER_POSTGRES');
const isOnServer = address !== '';
const database = isOnServer ? address : databaseFile('gigq');
const options: JobQueueOptions =
  prepared('BENCH_PEER_VARIANT') === 'relaxed' ? { durability: 'relaxed' } : {};
let handle: Handler;
let queue: JobQueue;
const bench = task('bench', (params: Params) => handle(params));

const open = async (): Promise<void> => {
  queue = new JobQueue(database, options);
  await queue.stats();
};

export const peer: Peer = {
  setup: async () => {
    if (isOnServer) await (await import('./postgres.ts')).resetDatabase('gigq');
    else removeDatabase(database);
    await open();
  },
  open,
  close: () => queue.close(),
  add: (params) => bench.submit(queue, params),
  addMany: (params) => bench.submitMany(queue, params),
  startWorker: async (handler, concurrency) => {
    handle = handler;
    const worker = new Worker(queue, { concurrency, tasks: [bench], handleSignals: false });
    void worker.start();
    return { stop: () => worker.stop({ timeout: '1s' }) };
  },
  unfinished: async () => {
    const { blocked, scheduled, pending, running } = await queue.stats();
    return blocked + scheduled + pending + running;
  },
};
