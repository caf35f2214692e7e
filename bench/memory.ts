// The peak of a worker's memory when a million jobs wait: VmHWM, as the kernel counts it.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.ts';
import { copyOf, template } from './database.ts';
import type { Finding } from './figures.ts';
import { isLinux } from './proc.ts';
import { type Settings, sized } from './settings.ts';

export async function memory(settings: Settings): Promise<Finding[]> {
  if (!isLinux) return [{ name: 'memory', skipped: 'it needs /proc' }];
  const jobs = sized(settings, 1_000_000);
  const database = await copyOf(await template(jobs), 'memory');
  const peaks: number[] = [];
  while (peaks.length < settings.rounds) peaks.push(await peakOf(database, settings));
  return [
    {
      name: `peak memory of a worker, ${jobs.toLocaleString('en-US')} jobs waiting`,
      unit: 'MiB',
      rounds: peaks,
      durability: settings.durability,
      target: { atMost: 110 },
    },
  ];
}

async function peakOf(
  database: string,
  { concurrency = 100, durability, quick }: Settings,
): Promise<number> {
  await using child = await Child.start({ database, durability, worker: { concurrency } });
  await child.call('start');
  await sleep(quick ? 1000 : 8000);
  const { peakMiB } = await child.call('report');
  await child.call('stop');
  return peakMiB;
}
