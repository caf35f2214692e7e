/** Waiting for a server that cannot be reached just now, or for others who stand in the way. */
import { defaults } from '../../core/limits.ts';
import type { Clock } from '../store.ts';
import type { Driver } from './connecting.ts';
import { notBegun, Passing } from './postgres-error.ts';

const pauseMs = 100;
/** Who has not been there yet may have the wrong address: that is told sooner. Workers go on trying. */
const patienceMs = { locked: defaults.busyMs, unreachable: 5000 };

/** Tries again from a timer while the server cannot be reached, or others stand in the way. */
export async function patiently<T>(
  driver: Driver,
  clock: Clock,
  attempt: () => Promise<T>,
): Promise<T> {
  const since = clock.mono();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      if (clock.mono() - since >= patienceMs[error.kind])
        throw notBegun(driver.address.shown, error);
      await new Promise<void>((resolve) => {
        clock.timer(pauseMs * (0.5 + Math.random()), resolve);
      });
    }
  }
}
