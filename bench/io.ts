// How close a worker comes to the ideal when its handlers wait: 2,000 jobs of 20 ms, 100 at a time, take 400 ms.
import { setTimeout as sleep } from 'node:timers/promises';
import { task, Worker } from 'gigq';
import { type params, result } from './data.ts';
import { fill, freshDatabase, openQueue } from './database.ts';
import type { Finding } from './figures.ts';
import { type Durability, type Settings, sized } from './settings.ts';

const handlerMs = 20;
const waiting = task('waiting', async (_: typeof params) => {
  await sleep(handlerMs);
  return result;
});

export async function io(settings: Settings): Promise<Finding[]> {
  const { concurrency = 100, durability, rounds, store } = settings;
  const jobs = sized(settings, 2000);
  const ideal = Math.ceil(jobs / concurrency) * handlerMs;
  const taken: number[] = [];
  while (taken.length < rounds) taken.push(await runOnce(jobs, concurrency, durability));
  return [
    {
      name: `${jobs} jobs of ${handlerMs} ms, ${concurrency} at a time`,
      unit: 'ms',
      rounds: taken,
      durability,
      beside: [{ name: 'the handlers alone', rounds: taken.map(() => ideal) }],
      ...(jobs === 2000 &&
        concurrency === 100 && {
          target: { atMost: store === 'sqlite' ? 430 : 450 },
        }),
    },
  ];
}

async function runOnce(jobs: number, concurrency: number, durability: Durability): Promise<number> {
  await using queue = openQueue(await freshDatabase('io'), durability);
  await fill(queue, jobs, { of: waiting });
  await using worker = new Worker(queue, { concurrency, tasks: [waiting] });
  const began = performance.now();
  await worker.drain();
  return performance.now() - began;
}
