// The other thread of pace.ts. Eight sums that do not wait for each other fill a core: a thread beside it on the same core is felt.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

const numbers = new Float64Array(2048).fill(0.5);

/** How often it got through in so many milliseconds. */
export function spin(ms: number): number {
  const until = performance.now() + ms;
  let times = 0;
  for (; performance.now() < until; times += 1) sums();
  return times;
}

function sums(): number {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let place = 0; place < numbers.length * 100; place += 8) {
    const at = place % numbers.length;
    a += numbers[at] ?? 0;
    b += (numbers[at + 1] ?? 0) * 3;
    c += numbers[at + 2] ?? 0;
    d += (numbers[at + 3] ?? 0) * 5;
    e += numbers[at + 4] ?? 0;
    f += (numbers[at + 5] ?? 0) * 7;
    g += numbers[at + 6] ?? 0;
    h += (numbers[at + 7] ?? 0) * 9;
  }
  return a + b + c + d + e + f + g + h;
}

// Until V8 has compiled it.
spin(100);

if (!isMainThread) {
  parentPort?.once('message', () => parentPort?.postMessage(spin(workerData as number)));
  parentPort?.postMessage('ready');
}
