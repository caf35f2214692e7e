// How fast a worker runs jobs that do nothing, until each is durably recorded as completed.
import { Worker } from 'gigq';
import { bench, fill, freshDatabase, openQueue } from './database.ts';
import type { Bound, Finding } from './figures.ts';
import { Rivals } from './peers/rivals.ts';
import { rawLimit } from './raw-limit.ts';
import { besideInThread, inThread } from './raw-thread.ts';
import { type Durability, type Settings, sized, type StoreName } from './settings.ts';
import { inTurn } from './turns.ts';

interface Way {
  readonly concurrency: number;
  readonly durability: Durability;
  readonly jobs: number;
  readonly target?: Bound;
  /** Of the ratio to the raw limit. */
  readonly rawTarget?: Bound;
}

export async function drain(settings: Settings): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const way of waysOf(settings)) findings.push(await measure(way, settings));
  return findings;
}

/** So many that the first second, in which V8 has not yet compiled what it runs, has little weight. */
const usual: Readonly<Record<StoreName, number>> = { sqlite: 100_000, postgres: 40_000 };

function waysOf(settings: Settings): Way[] {
  const { concurrency, durability, store } = settings;
  const jobs = sized(settings, usual[store]);
  const share = (of: number): number => settings.jobs ?? Math.ceil(jobs * of);
  const ways: readonly Way[] = [
    { concurrency: 1, durability: 'full', jobs: share(0.1) },
    { concurrency: 10, durability: 'full', jobs: share(0.5) },
    { concurrency: 100, durability: 'full', jobs },
    { concurrency: 500, durability: 'full', jobs: jobs * 2 },
    { concurrency: 100, durability: 'relaxed', jobs: jobs * 2 },
  ];
  const bounded = ways.map((way) => ({ ...way, ...targets[store][nameOf(way)] }));
  if (concurrency === undefined && durability === 'full') return bounded;
  const wanted = concurrency ?? 100;
  const known = bounded.find((way) => way.concurrency === wanted && way.durability === durability);
  return [{ ...(known ?? { concurrency: wanted, durability }), jobs }];
}

type Targets = Pick<Way, 'target' | 'rawTarget'>;

const targets: Readonly<Record<StoreName, Readonly<Record<string, Targets>>>> = {
  sqlite: {
    'drain, concurrency 1': { rawTarget: { atLeast: 0.75 } },
    'drain, concurrency 100': { target: { atLeast: 45_000 }, rawTarget: { atLeast: 0.5 } },
    'drain, concurrency 500': { target: { atLeast: 60_000 } },
    'drain, concurrency 100, relaxed': { target: { atLeast: 55_000 } },
  },
  postgres: {
    'drain, concurrency 1': { target: { atLeast: 1200 } },
    'drain, concurrency 100': { rawTarget: { atLeast: 1 } },
  },
};

function nameOf({ concurrency, durability }: Pick<Way, 'concurrency' | 'durability'>): string {
  const name = `drain, concurrency ${concurrency}`;
  return durability === 'full' ? name : `${name}, relaxed`;
}

async function measure(way: Way, settings: Settings): Promise<Finding> {
  const { concurrency, durability, jobs, target, rawTarget } = way;
  const rivals = new Rivals({ ...settings, durability });
  const { gigq, raw, ...others } = await inTurn(settings.rounds, {
    gigq: () => drainOnce(jobs, concurrency, durability),
    raw: () => rawLimit[settings.store].drain(jobs, concurrency, durability),
    ...(concurrency === 1 && inThread(settings, { what: 'drain', jobs, durability })),
    ...rivals.drains(concurrency, jobs),
  });
  const limit = { name: limitName(way, settings), rounds: raw };
  return {
    name: nameOf(way),
    unit: 'jobs/s',
    rounds: gigq,
    durability,
    beside: [
      rawTarget === undefined ? limit : { ...limit, target: rawTarget },
      ...besideInThread(others),
      ...rivals.beside(concurrency, others),
    ],
    ...(target && { target }),
  };
}

function limitName({ concurrency }: Way, { store }: Settings): string {
  const size = concurrency === 1 ? 'one job' : `${concurrency} jobs`;
  const name = `the same statements by hand, ${size} a commit`;
  return store === 'sqlite' ? name : `${name}, one connection`;
}

export async function drainOnce(
  jobs: number,
  concurrency: number,
  durability: Durability,
): Promise<number> {
  await using queue = openQueue(await freshDatabase('drain'), durability);
  await fill(queue, jobs);
  await using worker = new Worker(queue, { concurrency, tasks: [bench] });
  const began = performance.now();
  const ran = await worker.drain();
  const seconds = (performance.now() - began) / 1000;
  if (ran !== jobs) throw new Error(`${ran} jobs ran instead of ${jobs}`);
  return jobs / seconds;
}
