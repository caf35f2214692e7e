/** Who is to blame when a process ends that ran jobs. */
import type { ProcessLost } from './decide.ts';
import { limits } from './limits.ts';
import type { NewWorker } from './worker.ts';

/** How a worker was found to be gone. */
export type Loss =
  /** Its process has ended, and nobody had asked it to. */
  | 'died'
  /** It was told to stop, and did not come to an end by itself. */
  | 'stopped'
  /** Nothing was heard of it, or the whole system went down. */
  | 'silent';

/** A job as it was held by a process that is gone. */
export interface HeldJob {
  readonly task: string;
  readonly suspect: boolean;
  readonly crashes: number;
}

/** Whether a worker runs the job in a process that is not its own, so that it cannot take the worker along. */
export function runsApart(
  { processTasks, moduleTasks }: Pick<NewWorker, 'processTasks' | 'moduleTasks'>,
  { task, suspect }: HeldJob,
): boolean {
  return processTasks.includes(task) || (suspect && moduleTasks.includes(task));
}

/**
 * What the end of one process makes of each job that it held; `isApart` tells those that did not run in it. Of several
 * that ran in it, each becomes a suspect. One suspect among others is taken for the cause, but the crash that ends it for good has to
 * be one that it had alone: what ran beside it may have done it every time.
 */
export function blame<Held extends HeldJob>(
  jobs: readonly Held[],
  loss: Loss,
  isApart: (job: Held) => boolean,
): readonly ProcessLost['kind'][] {
  if (loss !== 'died') return jobs.map(() => (loss === 'silent' ? 'expired' : 'lost'));
  const inside = jobs.filter((job) => !isApart(job));
  // Nothing ran in it: one that ran apart can have ended it all the same.
  if (inside.length === 0) return jobs.map(() => (jobs.length === 1 ? 'crashed' : 'expired'));
  const suspects = inside.filter(({ suspect }) => suspect);
  return jobs.map((job) => {
    if (isApart(job)) return 'lost';
    if (inside.length === 1) return 'crashed';
    return suspects.length === 1 && job === suspects[0] ? accuse(job) : 'suspected';
  });
}

function accuse({ crashes }: HeldJob): ProcessLost['kind'] {
  return crashes + 1 < limits.crashes ? 'crashed' : 'expired';
}
