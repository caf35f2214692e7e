// How fast a worker runs jobs that do nothing, until each is durably recorded as completed.
import { Worker } from 'gigq';
import { freshDatabase } from './data.ts';
import { bench, fill, openQueue } from './database.ts';
import type { Bound, Finding } from './figures.ts';
import { rawDrain } from './raw.ts';
import { type Durability, type Settings, sized } from './settings.ts';
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
  for (const way of waysOf(settings)) findings.push(await measure(way, settings.rounds));
  return findings;
}

function waysOf(settings: Settings): Way[] {
  const { concurrency, durability } = settings;
  const jobs = sized(settings, 20_000);
  const few = settings.jobs ?? Math.ceil(jobs / 4);
  const ways: readonly Way[] = [
    { concurrency: 1, durability: 'full', jobs: few, rawTarget: { atLeast: 0.75 } },
    { concurrency: 10, durability: 'full', jobs },
    {
      concurrency: 100,
      durability: 'full',
      jobs,
      target: { atLeast: 45_000 },
      rawTarget: { atLeast: 0.5 },
    },
    { concurrency: 500, durability: 'full', jobs: jobs * 2, target: { atLeast: 60_000 } },
    { concurrency: 100, durability: 'relaxed', jobs: jobs * 2, target: { atLeast: 55_000 } },
  ];
  if (concurrency === undefined && durability === 'full') return [...ways];
  const wanted = concurrency ?? 100;
  const known = ways.find((way) => way.concurrency === wanted && way.durability === durability);
  return [{ ...(known ?? { concurrency: wanted, durability }), jobs }];
}

async function measure(
  { concurrency, durability, jobs, target, rawTarget }: Way,
  rounds: number,
): Promise<Finding> {
  const name = `drain, concurrency ${concurrency}`;
  const { gigq, raw } = await inTurn(rounds, {
    gigq: () => drainOnce(jobs, concurrency, durability),
    raw: () => rawDrain(jobs, concurrency, durability),
  });
  const size = concurrency === 1 ? 'one job' : `${concurrency} jobs`;
  const limit = { name: `the same statements by hand, ${size} a commit`, rounds: raw };
  return {
    name: durability === 'full' ? name : `${name}, relaxed`,
    unit: 'jobs/s',
    rounds: gigq,
    durability,
    beside: [rawTarget === undefined ? limit : { ...limit, target: rawTarget }],
    ...(target && { target }),
  };
}

export async function drainOnce(
  jobs: number,
  concurrency: number,
  durability: Durability,
): Promise<number> {
  await using queue = openQueue(freshDatabase('drain'), durability);
  await fill(queue, jobs);
  await using worker = new Worker(queue, { concurrency, tasks: [bench] });
  const began = performance.now();
  const ran = await worker.drain();
  const seconds = (performance.now() - began) / 1000;
  if (ran !== jobs) throw new Error(`${ran} jobs ran instead of ${jobs}`);
  return jobs / seconds;
}
