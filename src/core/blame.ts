/** Who is to blame when a process ends that ran jobs. */
import type { ProcessLost } from './decide.ts';
import type { NewWorker } from './worker.ts';

/** How a worker was found to be gone. */
export type Loss =
  /** Its process has ended, and nobody had asked it to. */
  | 'died'
  /** Nothing was heard of it, or its process ended while it was stopping: its jobs need not be the cause. */
  | 'silent';

/** A job as it was held by a process that is gone. */
export interface HeldJob {
  readonly task: string;
  readonly suspect: boolean;
}

/** Whether a worker runs the job in a process that is not its own, so that it cannot take the worker along. */
export function runsApart(
  { processTasks, moduleTasks }: Pick<NewWorker, 'processTasks' | 'moduleTasks'>,
  { task, suspect }: HeldJob,
): boolean {
  return processTasks.includes(task) || (suspect && moduleTasks.includes(task));
}

/**
 * What the end of one process makes of each job that it held. One job alone in it, or one suspect among others, is the
 * cause; otherwise all of them become suspects. `isApart` tells those that did not run in it.
 */
export function blame<Held extends HeldJob>(
  jobs: readonly Held[],
  loss: Loss,
  isApart: (job: Held) => boolean,
): readonly ProcessLost['kind'][] {
  if (loss === 'silent') return jobs.map(() => 'expired');
  const inside = jobs.filter((job) => !isApart(job));
  const culprit = onlyOne(inside) ?? onlyOne(inside.filter(({ suspect }) => suspect));
  return jobs.map((job) => {
    if (isApart(job)) return 'expired';
    if (culprit === undefined) return 'suspected';
    return job === culprit ? 'crashed' : 'lost';
  });
}

function onlyOne<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}
