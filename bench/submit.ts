// How fast jobs are stored: one by one, many in flight, and in bulk.
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { JobQueue } from 'gigq';
import { dataFolder, params } from './data.ts';
import { bench, fill, freshDatabase, openQueue } from './database.ts';
import type { Bound, Finding } from './figures.ts';
import { rawLimit } from './raw-limit.ts';
import { besideInThread, inThread } from './raw-thread.ts';
import { type Durability, type Settings, sized, type StoreName } from './settings.ts';
import { inTurn } from './turns.ts';

const bulkSize = 1000;

const targets: Readonly<Record<StoreName, Readonly<Record<string, Bound>>>> = {
  sqlite: {
    disk: { atLeast: 0.7 },
    inFlight: { atLeast: 100_000 },
    inBulk: { atLeast: 200_000 },
    relaxed: { atLeast: 8500 },
  },
  postgres: {
    oneByOne: { atLeast: 1500 },
    inFlight: { atLeast: 25_000 },
    inBulk: { atLeast: 60_000 },
  },
};

export async function submit(settings: Settings): Promise<Finding[]> {
  const { durability } = settings;
  if (durability === 'relaxed') return [await relaxedOneByOne(settings)];
  return [
    await oneByOne(settings),
    await inFlight(settings),
    await inBulk(settings),
    await relaxedOneByOne(settings),
  ];
}

async function oneByOne(settings: Settings): Promise<Finding> {
  const jobs = sized(settings, 5000);
  const { gigq, raw, disk, ...others } = await inTurn(settings.rounds, {
    gigq: () => submitOnce(jobs, 1, 'full'),
    raw: () => rawLimit[settings.store].submit(jobs, 1, 'full'),
    ...inThread(settings, { what: 'submit', jobs, durability: 'full' }),
    disk: () => fsyncRate(jobs),
  });
  return {
    name: 'submit, each awaited',
    unit: 'jobs/s',
    rounds: gigq,
    durability: 'full',
    beside: [
      { name: 'the same statements by hand, one job a commit', rounds: raw },
      ...besideInThread(others),
      {
        name: 'the disk: 4 KiB appended and synced',
        unit: 'syncs/s',
        rounds: disk,
        ...bounded(settings, 'disk'),
      },
    ],
    ...bounded(settings, 'oneByOne'),
  };
}

async function inFlight(settings: Settings): Promise<Finding> {
  const jobs = sized(settings, 200_000);
  const concurrency = settings.concurrency ?? 100;
  const { gigq, raw } = await inTurn(settings.rounds, {
    gigq: () => submitOnce(jobs, concurrency, 'full'),
    raw: () => rawLimit[settings.store].submit(jobs, concurrency, 'full'),
  });
  return {
    name: `submit, ${concurrency} in flight`,
    unit: 'jobs/s',
    rounds: gigq,
    durability: 'full',
    beside: [{ name: `the same statements by hand, ${concurrency} jobs a commit`, rounds: raw }],
    ...(concurrency === 100 && bounded(settings, 'inFlight')),
  };
}

async function inBulk(settings: Settings): Promise<Finding> {
  const jobs = sized(settings, 100_000);
  const { gigq, raw } = await inTurn(settings.rounds, {
    gigq: () => submitInBulk(jobs),
    raw: () => rawLimit[settings.store].submit(jobs, bulkSize, 'full'),
  });
  return {
    name: 'submitMany of 1,000',
    unit: 'jobs/s',
    rounds: gigq,
    durability: 'full',
    beside: [{ name: 'the same statements by hand, 1,000 jobs a commit', rounds: raw }],
    ...bounded(settings, 'inBulk'),
  };
}

async function relaxedOneByOne(settings: Settings): Promise<Finding> {
  const jobs = sized(settings, 40_000);
  const { gigq, raw, ...others } = await inTurn(settings.rounds, {
    gigq: () => submitOnce(jobs, 1, 'relaxed'),
    raw: () => rawLimit[settings.store].submit(jobs, 1, 'relaxed'),
    ...inThread(settings, { what: 'submit', jobs, durability: 'relaxed' }),
  });
  return {
    name: 'submit, each awaited, relaxed',
    unit: 'jobs/s',
    rounds: gigq,
    durability: 'relaxed',
    beside: [
      { name: 'the same statements by hand, one job a commit', rounds: raw },
      ...besideInThread(others),
    ],
    ...bounded(settings, 'relaxed'),
  };
}

function bounded({ store }: Settings, what: string): { readonly target?: Bound } {
  const target = targets[store][what];
  return target === undefined ? {} : { target };
}

async function submitOnce(jobs: number, width: number, durability: Durability): Promise<number> {
  const queue = await openStarted(durability);
  let left = jobs;
  const producer = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await bench.submit(queue, params);
    }
  };
  return timed(queue, jobs, () => Promise.all(Array.from({ length: width }, producer)));
}

async function submitInBulk(jobs: number): Promise<number> {
  const queue = await openStarted('full');
  return timed(queue, jobs, () => fill(queue, jobs));
}

/** A queue whose keeper has started. */
async function openStarted(durability: Durability): Promise<JobQueue> {
  const queue = openQueue(await freshDatabase('submit'), durability);
  await queue.stats();
  return queue;
}

async function timed(queue: JobQueue, jobs: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  await queue.close();
  return jobs / seconds;
}

/** What the disk itself can do: how often a second a page is appended and synced. */
function fsyncRate(times: number): number {
  mkdirSync(dataFolder, { recursive: true });
  const path = join(dataFolder, 'fsync.bin');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4096, 1);
  const began = performance.now();
  for (let written = 0; written < times; written += 1) {
    writeSync(file, page);
    fsyncSync(file);
  }
  const seconds = (performance.now() - began) / 1000;
  closeSync(file);
  rmSync(path);
  return times / seconds;
}
