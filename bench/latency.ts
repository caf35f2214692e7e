// How soon a job starts that is submitted to an idle worker: in the same process, and in another one.
import { allSettled, Child, type ChildOptions } from './child.ts';
import { freshDatabase } from './database.ts';
import { type Bound, type Figure, type Finding, quantile } from './figures.ts';
import { rawLimit } from './raw-limit.ts';
import { type Settings, sized, type StoreName } from './settings.ts';
import { inTurn } from './turns.ts';

const gapMs = 20;
const warmUps = 5;

type Quantile = 'p50' | 'p99';

interface Place {
  readonly name: string;
  readonly targets: Readonly<Record<StoreName, Readonly<Record<Quantile, Bound>>>>;
}

const same: Place = {
  name: 'same process',
  targets: {
    sqlite: { p50: { atMost: 0.8 }, p99: { atMost: 3 } },
    postgres: { p50: { atMost: 2 }, p99: { atMost: 5 } },
  },
};
const other: Place = {
  name: 'another process',
  targets: {
    sqlite: { p50: { atMost: 2 }, p99: { atMost: 6 } },
    postgres: { p50: { atMost: 2.5 }, p99: { atMost: 6 } },
  },
};

export async function latency(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 200);
  const taken = await inTurn<'raw' | 'same' | 'other', number[]>(settings.rounds, {
    raw: () => rawLimit[settings.store].commits(jobs, gapMs, settings.durability),
    same: () => inOneProcess(jobs, settings),
    other: () => acrossProcesses(jobs, settings),
  });
  return [
    ...figures(same, taken.same, taken.raw, settings),
    ...figures(other, taken.other, taken.raw, settings),
  ];
}

function figures(
  place: Place,
  rounds: readonly number[][],
  raw: readonly number[][],
  { durability, store }: Settings,
): readonly Figure[] {
  return (['p50', 'p99'] as const).map((name) => {
    const of = (waits: readonly number[]): number => quantile(waits, name === 'p50' ? 0.5 : 0.99);
    const limit = { name: 'storing one job by hand, as seldom', rounds: raw.map(of) };
    return {
      name: `submit to start, ${place.name}, ${name}`,
      unit: 'ms',
      rounds: rounds.map(of),
      durability,
      beside: [limit],
      target: place.targets[store][name],
    };
  });
}

async function inOneProcess(jobs: number, settings: Settings): Promise<number[]> {
  await using child = await Child.start(await options(settings));
  await child.call('start');
  return await send(jobs, child, child);
}

async function acrossProcesses(jobs: number, settings: Settings): Promise<number[]> {
  const { database, durability, worker = {} } = await options(settings);
  await using working = await Child.start({ database, durability, worker });
  await using submitting = await Child.start({ database, durability });
  await working.call('start');
  return await send(jobs, submitting, working);
}

async function options({ durability, concurrency = 10 }: Settings): Promise<ChildOptions> {
  return { database: await freshDatabase('latency'), durability, worker: { concurrency } };
}

async function send(jobs: number, submitting: Child, working: Child): Promise<number[]> {
  await submitting.call('send', { jobs: warmUps, gapMs });
  await allSettled(submitting);
  await working.call('report');
  await submitting.call('send', { jobs, gapMs });
  await allSettled(submitting);
  return (await working.call('report')).waits;
}
