// How long the jobs of a file take to move to a server: copied, read back and compared, in one transaction.
import { move as moveJobs } from 'gigq/admin';
import { freshFile } from './data.ts';
import { fill, freshDatabase, openQueue } from './database.ts';
import type { Finding } from './figures.ts';
import { type Settings, sized } from './settings.ts';
import { inTurn } from './turns.ts';

export async function move(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 1_000_000);
  const { rate } = await inTurn(settings.rounds, { rate: () => rateOf(jobs) });
  const name = `move of ${jobs.toLocaleString('en-US')} jobs, read back and compared`;
  return [{ name, unit: 'jobs/s', rounds: rate, durability: 'full' }];
}

async function rateOf(jobs: number): Promise<number> {
  const [file, server] = [freshFile('move'), await freshDatabase('move')];
  const queue = openQueue(file, 'relaxed');
  await fill(queue, jobs);
  await queue.close();
  const start = performance.now();
  await moveJobs(file, server);
  return jobs / ((performance.now() - start) / 1000);
}
