/** What is held against a job that may have ended the processes that it ran in. */
import { limits } from './limits.ts';
import { at } from './reason.ts';
import type { Standing } from './standing.ts';

/** Why a job is a suspect. */
export function suspicion(standing: Standing): string {
  const { job, losses, nowMs } = standing;
  const last = losses.at(-1);
  const counted = `${job.crashes} of ${limits.crashes} crashes are counted against it.`;
  if (last === undefined) return `A process ended that it ran in. ${counted}`;
  const runs = losses.map(({ number }) => `#${number}`).join(', ');
  const lost =
    losses.length === 1 ? `Its run ${runs} was lost` : `Its runs ${runs} were lost, the last`;
  const cause = last.error === null ? '' : `: ${last.error.message}`;
  return `${lost} at ${at(last.completedAtMs, nowMs)}${cause}. ${counted}`;
}
