// The tasks of this example. Whoever submits imports them for their types, a worker for their handlers.
import { task } from 'gigq';

/** Counts the prime numbers below a limit; tells which process did it. */
export const countPrimes = task('count-primes', ({ below }: { below: number }) => {
  const isComposite = new Uint8Array(below);
  let count = 0;
  for (let candidate = 2; candidate < below; candidate += 1) {
    if (isComposite[candidate] === 1) continue;
    count += 1;
    for (let multiple = candidate * 2; multiple < below; multiple += candidate) {
      isComposite[multiple] = 1;
    }
  }
  return { below, count, pid: process.pid };
});
