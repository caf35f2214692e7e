// Databases of the benches: how they are opened and filled.
import { JobQueue, type Task, task } from 'gigq';
import { freshDatabase, params, result } from './data.ts';
import type { Durability } from './settings.ts';

export const bench = task('bench', async (_: typeof params) => result);

const bulkSize = 1000;

export function openQueue(path: string, durability: Durability): JobQueue {
  return durability === 'full' ? new JobQueue(path) : new JobQueue(path, { durability });
}

/** Stores as many jobs that do nothing, a thousand a commit. */
export async function fill(
  queue: JobQueue,
  jobs: number,
  { of = bench, ...options }: FillOptions = {},
): Promise<void> {
  for (let stored = 0; stored < jobs; stored += bulkSize) {
    const batch = Array.from({ length: Math.min(bulkSize, jobs - stored) }, () => params);
    await of.submitMany(queue, batch, options);
  }
}

export interface FillOptions {
  readonly of?: Task<typeof params, unknown, unknown>;
  readonly queue?: string;
  readonly delay?: '7d';
}

const templates = new Map<string, Promise<string>>();

/** A database with as many ready jobs, filled once in a run and closed: take a copy to work on. */
export function template(jobs: number): Promise<string> {
  const name = `template-${jobs}`;
  const known = templates.get(name) ?? fillTemplate(name, jobs);
  templates.set(name, known);
  return known;
}

async function fillTemplate(name: string, jobs: number): Promise<string> {
  const path = freshDatabase(name);
  await using queue = new JobQueue(path);
  await fill(queue, jobs);
  return path;
}
