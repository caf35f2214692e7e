// Several worker processes on one database: what they do together, how evenly they share, how long each waits for its next job.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drained } from './child-program.ts';
import { type Child, endChildren, startChildren } from './child.ts';
import { fill, freshDatabase, openQueue } from './database.ts';
import { type Finding, quantile, spread } from './figures.ts';
import { type Durability, type Settings, sized } from './settings.ts';
import { inTurn } from './turns.ts';

const concurrency = 25;
const mostStartMs = 20_000;

interface Together {
  readonly rate: number;
  /** Of the process that ran the fewest and the most jobs, in fair shares. */
  readonly least: number;
  readonly most: number;
}

export async function processes(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 160_000);
  const taken = await inTurn<'one' | 'two' | 'four' | 'eight', Together>(settings.rounds, {
    one: () => together(1, jobs, settings),
    two: () => together(2, jobs, settings),
    four: () => together(4, jobs, settings),
    eight: () => together(8, jobs, settings),
  });
  const alone = taken.one.map(({ rate }) => rate);
  return [
    { ...total(1, taken.one, settings) },
    ...shared(2, taken.two, alone, settings),
    ...shared(4, taken.four, alone, settings),
    ...shared(8, taken.eight, alone, settings),
    ...(await claims(24, settings)),
    ...(await claims(100, settings)),
  ];
}

function total(count: number, rounds: readonly Together[], { durability }: Settings) {
  const rates = rounds.map(({ rate }) => rate);
  const name = `${count} worker ${count === 1 ? 'process' : 'processes'}, together`;
  return { name, unit: 'jobs/s', rounds: rates, durability };
}

function shared(
  count: number,
  rounds: readonly Together[],
  alone: readonly number[],
  settings: Settings,
): Finding[] {
  const beside = { name: 'one process', rounds: alone };
  const { durability } = settings;
  const unit = 'fair shares';
  return [
    {
      ...total(count, rounds, settings),
      beside: [
        count === 4
          ? { ...beside, target: { atLeast: settings.store === 'sqlite' ? 0.9 : 1 } }
          : beside,
      ],
    },
    {
      name: `${count} worker processes, the least and the most that one gets`,
      unit,
      rounds: rounds.map(({ least }) => least),
      durability,
      beside: [{ name: 'the most', rounds: rounds.map(({ most }) => most) }],
    },
  ];
}

/** Until nothing is left, or the time is up: several processes may be far slower than one. */
async function together(count: number, jobs: number, settings: Settings): Promise<Together> {
  const database = await filled('processes', jobs, settings.durability);
  const { durability } = settings;
  const children = await startChildren(count, { database, durability, worker: { concurrency } });
  try {
    const draining = Promise.all(children.map((child) => child.call('drain')));
    const over = new AbortController();
    const limit = sleep(settings.quick ? 2000 : 8000, undefined, { signal: over.signal });
    await Promise.race([draining, limit]);
    over.abort();
    await limit.catch(() => undefined);
    await Promise.all(children.map((child) => child.call('stop')));
    return togetherIn(await draining);
  } finally {
    await endChildren(children);
  }
}

/** A stop lets the jobs that run end, and they are recorded. */
function togetherIn(drains: readonly Drained[]): Together {
  const ran = drains.reduce((sum, each) => sum + each.ran, 0);
  const began = Math.min(...drains.map((each) => each.began));
  const ended = Math.max(...drains.map((each) => each.ended));
  const { min, max } = spread(drains.map((each) => (each.ran * drains.length) / ran));
  return { rate: (ran / (ended - began)) * 1000, least: min, most: max };
}

interface Busy {
  readonly gaps: readonly number[];
  readonly givenUp: number;
}

/** From the end of a handler to the start of the next one in its slot: settling it and claiming the next share a commit. */
async function claims(count: number, settings: Settings): Promise<Finding[]> {
  const { durability, quick } = settings;
  const width = quick ? Math.ceil(count / 10) : count;
  const { gaps, givenUp } = await busy(width, quick ? 1 : 5, durability);
  const p50 = { name: 'p50', rounds: [quantile(gaps, 0.5)] };
  const name = `${width} busy processes`;
  return [
    {
      name: `from a job to the next, ${name}, p99`,
      unit: 'ms',
      rounds: [quantile(gaps, 0.99)],
      durability,
      beside: [p50],
    },
    {
      name: `of ${name}, those that gave up`,
      unit: 'processes',
      rounds: [givenUp],
      durability,
      target: { atMost: 0 },
    },
  ];
}

async function busy(count: number, seconds: number, durability: Durability): Promise<Busy> {
  const database = await filled('claims', seconds * 10_000, durability);
  const options = { database, durability, worker: {}, notesGaps: true };
  const children = await startChildren(count, options);
  try {
    // Who has not started by then is among those who wait.
    const started = Promise.all(children.map((child) => child.call('start')));
    await Promise.race([started.catch(() => undefined), sleep(mostStartMs)]);
    await sleep(1000);
    // What was noticed while they started is thrown away.
    await reportsOf(children);
    await sleep(seconds * 1000);
    const reports = await reportsOf(children);
    const givenUp = reports.filter(({ hasGivenUp }) => hasGivenUp).length;
    return { gaps: reports.flatMap(({ gaps }) => gaps), givenUp };
  } finally {
    await endChildren(children);
  }
}

function reportsOf(children: readonly Child[]) {
  return Promise.all(children.map((child) => child.call('report')));
}

async function filled(name: string, jobs: number, durability: Durability): Promise<string> {
  const database = await freshDatabase(name);
  await using queue = openQueue(database, durability);
  await fill(queue, jobs);
  return database;
}
