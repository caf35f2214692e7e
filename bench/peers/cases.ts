// What is measured of every queue: each case in fresh processes, one that fills the store and others that work on it.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../figures.ts';
import { rawLimit } from '../raw-limit.ts';
import { type Settings, sized } from '../settings.ts';
import type { Competitor } from './competitors.ts';
import { Host, type Servers } from './host-process.ts';
import type { Done } from './operations.ts';

export interface Measure {
  readonly name: string;
  readonly unit: 'jobs/s' | 'ms';
  readonly value: number;
}

export interface Turn {
  readonly competitor: Competitor;
  readonly servers: Servers;
  readonly settings: Settings;
}

export interface Case {
  readonly run: (turn: Turn) => Promise<readonly Measure[]>;
  /** The raw limit, if there is one. */
  readonly raw?: (settings: Settings) => Promise<readonly Measure[]>;
  readonly byNameOnly?: boolean;
}

const bulkSize = 1000;

export const cases: Readonly<Record<string, Case>> = {
  submit: { run: submit, raw: rawSubmits },
  drain: { run: drain, raw: rawDrains },
  latency: { run: latency },
  io: { run: io },
  processes: { run: processes },
  backlog: { run: backlog, byNameOnly: true },
};

export const figureNames = {
  oneByOne: 'submit, each awaited',
  inFlight: 'submit, 100 in flight',
  inBulk: 'submit, in bulk',
  drain: (concurrency: number) => `drain, concurrency ${concurrency}`,
};

function rate(name: string, { jobs, ms }: Done): Measure {
  return { name, unit: 'jobs/s', value: (jobs / ms) * 1000 };
}

async function submit({ competitor, servers, settings }: Turn): Promise<Measure[]> {
  const limitMs = settings.quick ? 600 : 3000;
  await using host = await Host.start(competitor, servers, 'setup');
  await host.call('submit', { jobs: 50, width: 1, limitMs });
  const one = { jobs: sized(settings, 5000), width: 1, limitMs };
  const many = { jobs: sized(settings, 20_000), width: 100, limitMs };
  const bulk = { jobs: sized(settings, 50_000), limitMs };
  const measures = [
    rate(figureNames.oneByOne, await host.call('submit', one)),
    rate(figureNames.inFlight, await host.call('submit', many)),
  ];
  const inBulk = await host.call('submitMany', bulk);
  await host.call('close');
  return inBulk === null ? measures : [...measures, rate(figureNames.inBulk, inBulk)];
}

async function rawSubmits(settings: Settings): Promise<Measure[]> {
  const { store, durability } = settings;
  const measure = async (name: string, jobs: number, size: number): Promise<Measure> => ({
    name,
    unit: 'jobs/s',
    value: await rawLimit[store].submit(sized(settings, jobs), size, durability),
  });
  return [
    await measure(figureNames.oneByOne, 5000, 1),
    await measure(figureNames.inFlight, 20_000, 100),
    await measure(figureNames.inBulk, 50_000, bulkSize),
  ];
}

const concurrencies = [1, 10, 100];

/** With little concurrency it goes slowly. */
function drainJobs(settings: Settings, concurrency: number): number {
  return sized(settings, concurrency === 1 ? 5000 : 50_000);
}

async function drain(turn: Turn): Promise<Measure[]> {
  const { competitor, settings } = turn;
  const measures: Measure[] = [];
  for (const concurrency of concurrencies) {
    if (concurrency > (competitor.mostConcurrency ?? Infinity)) continue;
    measures.push(await drainAt(turn, concurrency, drainJobs(settings, concurrency)));
  }
  return measures;
}

export async function drainAt(turn: Turn, concurrency: number, wanted: number): Promise<Measure> {
  const jobs = await fill(turn, wanted, 5000);
  const limitMs = turn.settings.quick ? 1500 : 5000;
  const done = await workOn(turn, { jobs, concurrency, handlerMs: 0, limitMs });
  return rate(figureNames.drain(concurrency), done);
}

async function rawDrains(settings: Settings): Promise<Measure[]> {
  const { store, durability } = settings;
  const measures: Measure[] = [];
  for (const concurrency of concurrencies) {
    const jobs = drainJobs(settings, concurrency);
    const value = await rawLimit[store].drain(jobs, concurrency, durability);
    measures.push({ name: figureNames.drain(concurrency), unit: 'jobs/s', value });
  }
  return measures;
}

async function latency(turn: Turn): Promise<Measure[]> {
  const same = quantiles('same process', await latencies(turn, 'same'));
  if (turn.competitor.isAlone === true) return same;
  return [...same, ...quantiles('another process', await latencies(turn, 'other'))];
}

async function latencies(
  { competitor, servers, settings }: Turn,
  where: 'same' | 'other',
): Promise<number[]> {
  const concurrency = Math.min(10, competitor.mostConcurrency ?? 10);
  const jobs = sized(settings, 200);
  await using submitting = await Host.start(competitor, servers, 'setup');
  await using other = where === 'other' ? await Host.start(competitor, servers, 'open') : undefined;
  const working = other ?? submitting;
  await working.call('receive', { concurrency });
  await sleep(settings.quick ? 500 : 1500);
  await submitting.call('send', { jobs: 5, gapMs: 50 });
  await received(working, 5);
  await sleep(500);
  await submitting.call('send', { jobs, gapMs: 20 });
  return await received(working, jobs);
}

/** As many as come within the time: some poll once in several seconds. */
async function received(host: Host, jobs: number): Promise<number[]> {
  const waits: number[] = [];
  const end = performance.now() + 15_000;
  while (waits.length < jobs && performance.now() < end) {
    waits.push(...(await host.call('waits')));
    await sleep(20);
  }
  return waits;
}

function quantiles(place: string, waits: readonly number[]): Measure[] {
  return [
    { name: `submit to start, ${place}, p50`, unit: 'ms', value: quantile(waits, 0.5) },
    { name: `submit to start, ${place}, p99`, unit: 'ms', value: quantile(waits, 0.99) },
  ];
}

async function io(turn: Turn): Promise<Measure[]> {
  const { competitor, settings } = turn;
  if (competitor.mostConcurrency !== undefined) return [];
  const jobs = await fill(turn, sized(settings, 2000), 15_000);
  const done = await workOn(turn, { jobs, concurrency: 100, handlerMs: 20, limitMs: 15_000 });
  const name = `${jobs.toLocaleString('en-US')} jobs of 20 ms, 100 at a time`;
  return [{ name, unit: 'ms', value: (done.ms * jobs) / done.jobs }];
}

async function processes(turn: Turn): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const count of turn.competitor.isAlone === true ? [1] : [1, 2, 4]) {
    const jobs = await fill(turn, sized(turn.settings, 50_000), 6000);
    const name = `${count} worker ${count === 1 ? 'process' : 'processes'}, concurrency 25`;
    measures.push(rate(name, await together(turn, count, jobs)));
  }
  return measures;
}

/** Until the store says that nothing is left, if it can to a process that only looks: some keep their own from answering. */
async function together(
  { competitor, servers, settings }: Turn,
  count: number,
  jobs: number,
): Promise<Done> {
  const concurrency = Math.min(25, competitor.mostConcurrency ?? 25);
  const limitMs = settings.quick ? 2000 : 8000;
  const start = (): Promise<Host> => Host.start(competitor, servers, 'open');
  const hosts = await Promise.all(Array.from({ length: count }, start));
  const looking = competitor.isAlone === true ? (hosts[0] as Host) : await start();
  try {
    const began = performance.now();
    // They are ended from here, for none knows how many jobs are left to it.
    const options = {
      jobs: Number.MAX_SAFE_INTEGER,
      concurrency,
      handlerMs: 0,
      limitMs: limitMs * 10,
    };
    for (const host of hosts) void host.call('work', options).catch(() => undefined);
    const left = await whatIsLeft(looking, began + limitMs);
    return { jobs: jobs - left, ms: performance.now() - began };
  } finally {
    await Promise.all([looking, ...hosts].map((host) => host[Symbol.asyncDispose]()));
  }
}

async function whatIsLeft(host: Host, deadline: number): Promise<number> {
  let left = await host.call('unfinished');
  while (left > 0 && performance.now() < deadline) {
    await sleep(20);
    left = await host.call('unfinished');
  }
  return left;
}

async function backlog(turn: Turn): Promise<Measure[]> {
  const wanted = sized(turn.settings, 1_000_000);
  const jobs = await fill(turn, wanted, 60_000);
  const concurrency = Math.min(100, turn.competitor.mostConcurrency ?? 100);
  const done = await workOn(turn, { jobs, concurrency, handlerMs: 0, limitMs: 6000 });
  return [rate(`backlog of ${jobs.toLocaleString('en-US')}`, done)];
}

/** How many jobs the store has then: as many as wanted, or as the time allowed. */
async function fill({ competitor, servers }: Turn, jobs: number, limitMs: number): Promise<number> {
  await using host = await Host.start(competitor, servers, 'setup');
  const filled = await host.call('fill', { jobs, limitMs });
  await host.call('close');
  return filled.jobs;
}

async function workOn(
  { competitor, servers }: Turn,
  work: { jobs: number; concurrency: number; handlerMs: number; limitMs: number },
): Promise<Done> {
  await using host = await Host.start(competitor, servers, 'open');
  return await host.call('work', work);
}
