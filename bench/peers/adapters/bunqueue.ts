// Runs under Bun. What counts as completed is read through another connection: only what is committed to the file.
import { type Params, type Peer, prepared } from '../peer.ts';
import { databaseFile, removeDatabase } from './files.ts';
import { load } from './load.ts';

interface Queue {
  add(name: string, data: unknown): Promise<unknown>;
  addBulk(jobs: readonly object[]): Promise<unknown>;
  close(): unknown;
}

interface Worker {
  on(event: 'error', listener: (error: unknown) => void): void;
  close(force: boolean): unknown;
}

interface Bunqueue {
  readonly Queue: new (name: string, options: object) => Queue;
  readonly Worker: new (
    name: string,
    process: (job: { data: Params }) => Promise<unknown>,
    options: object,
  ) => Worker;
}

interface BunSqlite {
  readonly Database: new (
    file: string,
    options: object,
  ) => { query(text: string): { get(): { count: number } } };
}

const { Queue, Worker } = (await load('bunqueue/client')) as Bunqueue;
const { Database } = (await load('bun:sqlite')) as BunSqlite;

const file = databaseFile('bunqueue');
const embedded = { embedded: true, dataPath: file };
const jobOptions = prepared('BENCH_PEER_VARIANT') === 'durable' ? { durable: true } : {};
let queue: Queue;
let reader: InstanceType<BunSqlite['Database']> | undefined;

const open = async (): Promise<void> => {
  queue = new Queue('bench', { ...embedded, defaultJobOptions: jobOptions });
};

export const peer: Peer = {
  setup: async () => {
    removeDatabase(file);
    await open();
  },
  open,
  close: async () => {
    await queue.close();
  },
  add: (params) => queue.add('job', params),
  addMany: (params) =>
    queue.addBulk(params.map((data) => ({ name: 'job', data, opts: jobOptions }))),
  startWorker: async (handler, concurrency) => {
    const options = { ...embedded, concurrency, batchSize: concurrency };
    const worker = new Worker('bench', ({ data }) => handler(data), options);
    worker.on('error', (error) => console.error(error));
    return { stop: () => worker.close(true) };
  },
  unfinished: async () => {
    reader ??= new Database(file, { readonly: true });
    return reader.query("SELECT count(*) AS count FROM jobs WHERE state <> 'completed'").get()
      .count;
  },
};
