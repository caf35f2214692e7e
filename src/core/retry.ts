/** When a failed attempt is tried again. */
import { durationMs } from './duration.ts';
import type { RetryPolicy } from './job.ts';

const dayMs = 86_400_000;

/**
 * The delay before the attempt after `attempts`: the policy's delay, doubled for every attempt before when the
 * backoff is exponential, capped by `maxDelay` (a day unless given). Jitter draws from the upper half, so that
 * jobs that failed together do not come back together, and none comes back at once.
 */
export function retryDelayMs(policy: RetryPolicy | null, attempts: number, draw: number): number {
  if (policy?.delay === undefined) return 0;
  const base = durationMs(policy.delay, 'retry.delay');
  // Nothing stays nothing, however often it is doubled: without this it becomes 0 × Infinity.
  if (base === 0) return 0;
  const factor = policy.backoff === 'exponential' ? 2 ** (attempts - 1) : 1;
  const cap =
    policy.maxDelay === undefined
      ? Math.max(dayMs, base)
      : durationMs(policy.maxDelay, 'retry.maxDelay');
  const delay = Math.min(base * factor, cap);
  return Math.round(policy.jitter === true ? delay * (1 + draw) * 0.5 : delay);
}
