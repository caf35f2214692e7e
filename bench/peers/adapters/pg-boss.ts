import { type Handler, type Params, type Peer, prepared } from '../peer.ts';
import { load } from './load.ts';
import { openPool, resetDatabase } from './postgres.ts';

interface BossJob {
  readonly id: string;
  readonly data: Params;
}

interface Boss {
  on(event: 'error', listener: (error: unknown) => void): void;
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string, options: object): Promise<void>;
  send(name: string, data: unknown): Promise<unknown>;
  insert(name: string, jobs: readonly object[]): Promise<unknown>;
  work(
    name: string,
    options: object,
    process: (jobs: readonly BossJob[]) => Promise<unknown>,
  ): Promise<string>;
  offWork(name: string, options: object): Promise<void>;
}

const { PgBoss } = (await load('pg-boss')) as { readonly PgBoss: new (options: object) => Boss };

let boss: Boss;
let count: (text: string) => Promise<number>;

const open = async (): Promise<void> => {
  const connectionString = prepared('BENCH_PEER_POSTGRES');
  boss = new PgBoss({ connectionString, useListenNotify: true, max: 20 });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  ({ count } = await openPool());
};

/** It takes jobs in batches only; of a batch of ten that is worked one by one, one runs at a time. */
const workOptions = (concurrency: number): object => ({
  batchSize: concurrency === 1 ? 10 : Math.ceil(concurrency / (concurrency > 10 ? 2 : 1)),
  localConcurrency: concurrency > 10 ? 2 : 1,
  burstWhenBatchFull: true,
  perJobResults: true,
  pollingIntervalSeconds: 0.5,
});

const workBy =
  (handler: Handler, isSerial: boolean) =>
  async (jobs: readonly BossJob[]): Promise<unknown[]> => {
    const run = async ({ id, data }: BossJob): Promise<unknown> => ({
      id,
      status: 'completed',
      output: await handler(data),
    });
    if (!isSerial) return Promise.all(jobs.map(run));
    const results: unknown[] = [];
    for (const job of jobs) results.push(await run(job));
    return results;
  };

export const peer: Peer = {
  setup: async () => {
    await resetDatabase('pgboss');
    await open();
    await boss.createQueue('bench', { notify: true });
  },
  open,
  close: () => boss.stop({ graceful: false }),
  add: (params) => boss.send('bench', params),
  addMany: (params) =>
    boss.insert(
      'bench',
      params.map((data) => ({ data })),
    ),
  startWorker: async (handler, concurrency) => {
    const work = workBy(handler, concurrency === 1);
    const id = await boss.work('bench', workOptions(concurrency), work);
    return { stop: () => boss.offWork('bench', { id }).catch(() => undefined) };
  },
  unfinished: () =>
    count("SELECT count(*) AS count FROM pgboss.job WHERE name = 'bench' AND state < 'completed'"),
};
