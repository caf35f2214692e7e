// Databases of the benches, files or on a server: how they are made, opened and filled.
import { JobQueue, type Task, task } from 'gigq';
import { copyOfFile, freshFile, params, result } from './data.ts';
import { ask, copyOnServer, freshOnServer, serverOfRun } from './server-databases.ts';
import type { Durability } from './settings.ts';

export const bench = task('bench', async (_: typeof params) => result);

const bulkSize = 1000;

/** What names a database that is empty: the path of a file, or an address on the server of the run. */
export async function freshDatabase(name: string): Promise<string> {
  return serverOfRun() === undefined ? freshFile(name) : freshOnServer(name);
}

/** A copy of a database that nobody has open. */
export async function copyOf(original: string, name: string): Promise<string> {
  return serverOfRun() === undefined ? copyOfFile(original, name) : copyOnServer(original, name);
}

export function openQueue(database: string, durability: Durability): JobQueue {
  return durability === 'full' ? new JobQueue(database) : new JobQueue(database, { durability });
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
  const database = await freshDatabase(name);
  const queue = new JobQueue(database);
  await fill(queue, jobs);
  await queue.close();
  await vacuum(database);
  return database;
}

/** As autovacuum leaves it, which would otherwise come by in the middle of a measurement. */
export async function vacuum(database: string): Promise<void> {
  if (serverOfRun() !== undefined) await ask(database, 'VACUUM (ANALYZE)');
}
