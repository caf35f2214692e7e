import { type Params, type Peer, prepared } from '../peer.ts';
import { load } from './load.ts';

interface Queue {
  waitUntilReady(): Promise<unknown>;
  add(name: string, data: unknown): Promise<unknown>;
  addBulk(jobs: readonly { name: string; data: unknown }[]): Promise<unknown>;
  getJobCounts(...states: string[]): Promise<Record<string, number>>;
  close(): Promise<void>;
}

interface Worker {
  on(event: 'error', listener: (error: Error) => void): void;
  waitUntilReady(): Promise<unknown>;
  close(force: boolean): Promise<void>;
}

interface BullMq {
  readonly Queue: new (name: string, options: object) => Queue;
  readonly Worker: new (
    name: string,
    process: (job: { data: Params }) => Promise<unknown>,
    options: object,
  ) => Worker;
}

interface IoRedis {
  readonly Redis: new (options: object) => {
    flushall(): Promise<unknown>;
    quit(): Promise<unknown>;
  };
}

const { Queue, Worker } = (await load('bullmq')) as BullMq;
const { Redis } = (await load('ioredis')) as IoRedis;

const connection = {
  host: '127.0.0.1',
  port: Number(prepared('BENCH_PEER_REDIS')),
  maxRetriesPerRequest: null,
};
let queue: Queue;

const open = async (): Promise<void> => {
  const defaultJobOptions = { removeOnComplete: { count: 1000 }, removeOnFail: { count: 5000 } };
  queue = new Queue('bench', { connection, defaultJobOptions });
  await queue.waitUntilReady();
};

export const peer: Peer = {
  setup: async () => {
    const redis = new Redis(connection);
    await redis.flushall();
    await redis.quit();
    await open();
  },
  open,
  close: () => queue.close(),
  add: (params) => queue.add('job', params),
  addMany: (params) => queue.addBulk(params.map((data) => ({ name: 'job', data }))),
  startWorker: async (handler, concurrency) => {
    const worker = new Worker('bench', ({ data }) => handler(data), { connection, concurrency });
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
    return { stop: () => worker.close(true) };
  },
  unfinished: async () => {
    const counts = await queue.getJobCounts('wait', 'active', 'prioritized', 'delayed');
    return Object.values(counts).reduce((total, count) => total + count, 0);
  },
};
