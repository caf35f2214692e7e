// What it takes to look at a file of a million jobs, and whether it keeps others waiting who use the same keeper.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobQueue } from 'gigq';
import { copyOf, openQueue, template } from './database.ts';
import { type Finding, quantile } from './figures.ts';
import { type Settings, sized } from './settings.ts';

const command = join(import.meta.dirname, '../dist/cli/main.js');
/** How long nobody else may have to wait. */
const heldMs = 20;

interface Look {
  readonly ms: number;
  /** The longest of the cheap calls that went on beside it. */
  readonly longest: number;
}

export async function looking(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 1_000_000);
  const database = await copyOf(await template(jobs), 'looking');
  await using queue = openQueue(database, settings.durability);
  const [newest] = await queue.listJobs({ limit: 1 });
  const { id } = newest as { id: string };
  const findings: Finding[] = [await idleStream(queue, id, settings)];
  for (const [name, look] of Object.entries(looksAt(queue, { id, database }))) {
    const looks: Look[] = [];
    while (looks.length < settings.rounds) looks.push(await beside(queue, id, look));
    findings.push(...figures(name, looks, settings));
  }
  return findings;
}

function looksAt(
  queue: JobQueue,
  { id, database }: { id: string; database: string },
): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    'stats()': () => queue.stats(),
    'listJobs(), newest 100': () => queue.listJobs(),
    'listJobs() of a task': () => queue.listJobs({ task: 'bench' }),
    'listJobs() of a state that no job has': () => queue.listJobs({ status: 'failed' }),
    'listJobs() of a queue that has no job': () => queue.listJobs({ queue: 'other' }),
    'why() of the last job': () => queue.why(id),
    'workers()': () => queue.workers(),
    'gigq doctor, the whole command': () => runDoctor(database),
  };
}

function figures(name: string, looks: readonly Look[], { durability }: Settings): Finding[] {
  return [
    { name, unit: 'ms', rounds: looks.map(({ ms }) => ms), durability },
    {
      name: `longest getStatus() beside ${name}`,
      unit: 'ms',
      rounds: looks.map(({ longest }) => longest),
      durability,
      target: { atMost: heldMs },
    },
  ];
}

async function idleStream(queue: JobQueue, id: string, { durability }: Settings): Promise<Finding> {
  const waits: number[] = [];
  const end = performance.now() + 1000;
  while (performance.now() < end) waits.push(await timed(() => queue.getStatus(id)));
  return {
    name: 'getStatus() with nothing beside it, p99',
    unit: 'ms',
    rounds: [quantile(waits, 0.99)],
    durability,
  };
}

async function beside(queue: JobQueue, id: string, look: () => Promise<unknown>): Promise<Look> {
  const over = new AbortController();
  const streaming = longestUntil(over.signal, queue, id);
  await sleep(20);
  const ms = await timed(look);
  over.abort();
  return { ms, longest: await streaming };
}

async function longestUntil(over: AbortSignal, queue: JobQueue, id: string): Promise<number> {
  let longest = 0;
  while (!over.aborted) longest = Math.max(longest, await timed(() => queue.getStatus(id)));
  return longest;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** In a process of its own, as an operator runs it: in this one it would hold the thread that measures. */
async function runDoctor(database: string): Promise<void> {
  const child = spawn(process.execPath, [command, 'doctor', '--db', database], { stdio: 'ignore' });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}
