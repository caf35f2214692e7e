// What a worker costs that has nothing to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.ts';
import { freshDatabase } from './data.ts';
import type { Finding } from './figures.ts';
import { cpuMs, isLinux, writesIn } from './proc.ts';
import type { Settings } from './settings.ts';

export async function idle(settings: Settings): Promise<Finding[]> {
  const { rounds, durability, quick } = settings;
  if (!isLinux) return [{ name: 'idle worker', skipped: 'it needs /proc' }];
  const seconds = quick ? 3 : 10;
  const taken: { share: number; writes: number }[] = [];
  while (taken.length < rounds) taken.push(await idleOnce(seconds * 1000, settings));
  return [
    {
      name: `idle worker, over ${seconds} s`,
      unit: '% of a core',
      rounds: taken.map(({ share }) => share),
      durability,
      target: { atMost: 1 },
    },
    {
      name: 'its writes besides heartbeats',
      unit: 'transactions',
      rounds: taken.map(({ writes }) => writes),
      durability,
      target: { atMost: 0 },
    },
  ];
}

async function idleOnce(
  ms: number,
  { durability }: Settings,
): Promise<{ share: number; writes: number }> {
  const database = freshDatabase('idle');
  await using child = await Child.start({ database, durability, worker: { concurrency: 10 } });
  await child.call('start');
  await child.call('send', { jobs: 5, gapMs: 20 });
  await sleep(1000);
  const before = { ...writesIn(database), cpu: cpuMs(child.pid) };
  await sleep(ms);
  const after = { ...writesIn(database), cpu: cpuMs(child.pid) };
  return {
    share: ((after.cpu - before.cpu) / ms) * 100,
    writes: after.commits - before.commits - (after.beats - before.beats),
  };
}
