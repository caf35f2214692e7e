// What an old snapshot does: while a transaction somewhere holds one, no dead row can be vacuumed that is younger. PostgreSQL only.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { JobQueue } from 'gigq';
import { Child } from './child.ts';
import { fill, freshDatabase, openQueue } from './database.ts';
import { type Beside, type Figure, type Finding, quantile } from './figures.ts';
import { show } from './print.ts';
import { ask } from './server-databases.ts';
import type { Settings } from './settings.ts';

/** Jobs that wait at least, so that the worker is never short of them. */
const waiting = 5000;
const sampleMs = 5000;

interface Sample {
  readonly atMs: number;
  readonly ran: number;
  /** From a job to the next one in the same slot, in milliseconds: settling the one and claiming the other. */
  readonly gaps: readonly number[];
  readonly deadRows: number;
  readonly tableMiB: number;
}

interface Load {
  readonly queue: JobQueue;
  readonly database: string;
  /** Runs as much as it can. */
  readonly busy: Child;
  /** Has one slot, and notes how long it waits for its next job. */
  readonly probe: Child;
  ran: number;
  submitted: number;
}

/** Before, while the snapshot is held, and after. */
type Phases = Readonly<Record<'before' | 'held' | 'after', readonly Sample[]>>;

export async function snapshot(settings: Settings): Promise<Finding[]> {
  const { concurrency = 100, durability } = settings;
  const minutes = settings.minutes ?? (settings.quick ? 0.5 : 10);
  const database = await freshDatabase('snapshot');
  await using queue = openQueue(database, durability);
  await fill(queue, waiting);
  await using busy = await Child.start({ database, durability, worker: { concurrency } });
  await using probe = await Child.start({ database, durability, worker: {}, notesGaps: true });
  await Promise.all([busy.call('start'), probe.call('start')]);
  const load: Load = { queue, database, busy, probe, ran: 0, submitted: waiting };
  const over = new AbortController();
  const feeding = feed(load, over.signal);
  const phases = await phasesOf(load, minutes);
  over.abort();
  await feeding;
  await Promise.all([busy.call('stop'), probe.call('stop')]);
  return findingsOf(phases, minutes, settings);
}

async function phasesOf(load: Load, minutes: number): Promise<Phases> {
  const margin = Math.min(1, minutes / 2);
  await sample(load, 10_000);
  const before = await sample(load, margin * 60_000);
  const client = new pg.Client(load.database);
  await client.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM gigq.lanes');
  const held = await sample(load, minutes * 60_000);
  await client.end();
  const after = await sample(load, margin * 60_000);
  return { before, held, after };
}

async function feed(load: Load, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    if (load.submitted - load.ran > waiting * 4) await sleep(20);
    else {
      await fill(load.queue, 1000);
      load.submitted += 1000;
    }
  }
}

async function sample(load: Load, ms: number): Promise<Sample[]> {
  const samples: Sample[] = [await take(load)];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await sleep(Math.min(sampleMs, end - performance.now()));
    samples.push(await take(load));
    print(samples);
  }
  return samples;
}

async function take(load: Load): Promise<Sample> {
  const [busy, probe] = await Promise.all([load.busy.call('report'), load.probe.call('report')]);
  load.ran = busy.ran + probe.ran;
  const [size] = await ask<{ dead: string; bytes: string }>(load.database, sizes);
  return {
    atMs: performance.now(),
    ran: load.ran,
    gaps: probe.gaps,
    deadRows: Number(size?.dead),
    tableMiB: Number(size?.bytes) / 2 ** 20,
  };
}

const sizes = `SELECT n_dead_tup AS dead, pg_total_relation_size('gigq.jobs') AS bytes
  FROM pg_stat_user_tables WHERE relid = 'gigq.jobs'::regclass`;

function print(samples: readonly Sample[]): void {
  const last = samples.slice(-2);
  const { deadRows, tableMiB } = last.at(-1) as Sample;
  console.log(
    `  ${show(rateOf(last))} jobs/s, p99 ${show(gapOf(last))} ms, ${show(deadRows)} dead rows, ${show(tableMiB)} MiB`,
  );
}

function rateOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)] as [Sample, Sample];
  return ((last.ran - first.ran) / (last.atMs - first.atMs)) * 1000;
}

function gapOf(samples: readonly Sample[]): number {
  const gaps = samples.slice(1).flatMap((each) => each.gaps);
  return quantile(gaps, 0.99);
}

/** Of a phase: what its last minute, or so much of it as there is, came to. */
function lastOf(samples: readonly Sample[]): readonly Sample[] {
  const from = (samples.at(-1)?.atMs ?? 0) - 60_000 - sampleMs / 2;
  return samples.filter(({ atMs }) => atMs >= from);
}

function findingsOf(
  { before, held, after }: Phases,
  minutes: number,
  settings: Settings,
): Finding[] {
  const { durability } = settings;
  const name = `an old snapshot held for ${show(minutes)} min`;
  const end = held.at(-1) as Sample;
  const beside = (of: (samples: readonly Sample[]) => number): Beside[] => [
    { name: 'the minute before it', rounds: [of(before)] },
  ];
  const figure = (what: string, unit: string, value: number): Figure => ({
    name: `${name}: ${what}`,
    unit,
    rounds: [value],
    durability,
  });
  return [
    { ...figure('its first minute', 'jobs/s', rateOf(firstOf(held))), beside: beside(rateOf) },
    { ...figure('its last minute', 'jobs/s', rateOf(lastOf(held))), beside: beside(rateOf) },
    { ...figure('the minute after it', 'jobs/s', rateOf(after)), beside: beside(rateOf) },
    {
      ...figure('from a job to the next, p99, last minute', 'ms', gapOf(lastOf(held))),
      beside: beside(gapOf),
    },
    figure('jobs that ran', 'jobs', end.ran - (held[0]?.ran ?? 0)),
    figure('dead rows at its end', 'rows', end.deadRows),
    figure('dead rows a minute later', 'rows', after.at(-1)?.deadRows ?? Number.NaN),
    figure('jobs and their indexes at its end', 'MiB', end.tableMiB),
  ];
}

function firstOf(samples: readonly Sample[]): readonly Sample[] {
  const until = (samples[0]?.atMs ?? 0) + 60_000 + sampleMs / 2;
  return samples.filter(({ atMs }) => atMs <= until);
}
