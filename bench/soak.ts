// Millions of jobs through one file that is cleared as they complete: whether speed, memory and files stay as they were.
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JobQueue, Worker } from 'gigq';
import { params } from './data.ts';
import { bench, freshDatabase, openQueue } from './database.ts';
import type { Finding } from './figures.ts';
import { show } from './print.ts';
import { type Settings, sized } from './settings.ts';
import { firstAndLast, type Sample } from './soak-samples.ts';

const bulkSize = 1000;
/** So many wait at most: who submits is held back, who works is not. */
const mostWaiting = 20_000;
const sampleMs = 1000;
const samplesALine = 5;

interface Run {
  readonly jobs: number;
  readonly queue: JobQueue;
  readonly database: string;
  readonly samples: Sample[];
  submitted: number;
}

export async function soak(settings: Settings): Promise<Finding[]> {
  const { concurrency = 100, durability } = settings;
  const database = await freshDatabase('soak');
  await using queue = openQueue(database, durability);
  await using worker = new Worker(queue, { concurrency, tasks: [bench] });
  const run: Run = {
    jobs: sized(settings, 10_000_000),
    queue,
    database,
    samples: [],
    submitted: 0,
  };
  await takeSample(run);
  const end = new AbortController();
  const working = worker.start();
  const others = Promise.all([clearUntil(end.signal, queue), watchUntil(end.signal, run)]);
  await Promise.race([submitAll(run), working]);
  end.abort();
  await others;
  await takeSample(run);
  await worker.stop();
  return findingsOf(run, settings);
}

async function submitAll(run: Run): Promise<void> {
  const { queue, jobs } = run;
  while (run.submitted < jobs) {
    while ((await unfinished(queue)) > mostWaiting) await sleep(20);
    const size = Math.min(bulkSize, jobs - run.submitted);
    await bench.submitMany(
      queue,
      Array.from({ length: size }, () => params),
    );
    run.submitted += size;
  }
  while ((await unfinished(queue)) > 0) await sleep(20);
}

async function unfinished(queue: JobQueue): Promise<number> {
  const { pending, running } = await queue.stats();
  return pending + running;
}

async function clearUntil(over: AbortSignal, queue: JobQueue): Promise<void> {
  while (!over.aborted) {
    await sleep(sampleMs, undefined, { signal: over }).catch(() => undefined);
    await queue.clearCompleted();
  }
}

async function watchUntil(over: AbortSignal, run: Run): Promise<void> {
  while (!over.aborted) {
    await sleep(sampleMs, undefined, { signal: over }).catch(() => undefined);
    await takeSample(run);
    if (run.samples.length % samplesALine === 0) printProgress(run);
  }
}

/** Done is what was submitted and is not waiting: the completed ones are cleared away. */
async function takeSample({ queue, database, samples, submitted }: Run): Promise<void> {
  const done = Math.max(0, submitted - (await unfinished(queue)));
  samples.push({
    atMs: performance.now(),
    done,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    walMiB: sizeMiB(`${database}-wal`),
    fileMiB: sizeMiB(database),
  });
}

function sizeMiB(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20;
}

function printProgress({ jobs, samples }: Run): void {
  const [now, then = samples[0]] = [samples.at(-1), samples.at(-1 - samplesALine)];
  if (now === undefined || then === undefined) return;
  const rate = ((now.done - then.done) / (now.atMs - then.atMs)) * 1000;
  const { done, rssMiB, walMiB, fileMiB } = now;
  const sizes = `RSS ${show(rssMiB)} MiB, WAL ${show(walMiB)} MiB, file ${show(fileMiB)} MiB`;
  console.log(`  ${show(done)} of ${show(jobs)} jobs, ${show(rate)} jobs/s, ${sizes}`);
}

function findingsOf({ jobs, samples }: Run, { durability }: Settings): Finding[] {
  const { first, last, seconds } = firstAndLast(samples);
  const figure = (name: string, unit: string, value: number): Finding => ({
    name,
    unit,
    rounds: [value],
    durability,
  });
  const most = (of: 'walMiB' | 'fileMiB'): number => Math.max(...samples.map((each) => each[of]));
  return [
    {
      name: `soak of ${show(jobs)} jobs, the last ${show(seconds)} s`,
      unit: 'jobs/s',
      rounds: [last],
      durability,
      beside: [{ name: `the first ${show(seconds)} s`, rounds: [first] }],
    },
    {
      name: 'memory of the process at its end',
      unit: 'MiB',
      rounds: [samples.at(-1)?.rssMiB ?? Number.NaN],
      durability,
      beside: [{ name: 'after the first tenth', rounds: [afterATenth(samples).rssMiB] }],
    },
    figure('memory of the process at its start', 'MiB', samples[0]?.rssMiB ?? Number.NaN),
    figure('largest WAL', 'MiB', most('walMiB')),
    figure('largest file', 'MiB', most('fileMiB')),
  ];
}

function afterATenth(samples: readonly Sample[]): Sample {
  return samples[Math.ceil(samples.length / 10)] ?? (samples[0] as Sample);
}
