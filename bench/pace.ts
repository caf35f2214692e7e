// What the machine gives to two threads at this moment. The cores of a virtual machine are shared: while a neighbour is busy
// on the same core, or both are threads of one, whatever keeps them busy is slower by a third or a half.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { spin } from './pace-program.ts';

const spinMs = 250;

/** How often two threads at once get through the same sums in a second. */
export async function pace(): Promise<number> {
  const other = new Worker(new URL('pace-program.ts', import.meta.url), { workerData: spinMs });
  await once(other, 'message');
  other.postMessage('go');
  const own = spin(spinMs);
  const [others] = (await once(other, 'message')) as [number];
  await other.terminate();
  return Math.round((own + others) / (spinMs / 1000));
}
