/** What to say after a submit when nobody is there to run the job, or when it will not be run. */
import type { JobInfo, JobQueue, WorkerInfo } from '../index.ts';
import { escapeLine } from './escape.ts';

function serves({ queues }: WorkerInfo, queue: string): boolean {
  return queues.length === 0 || queues.includes(queue);
}

function advice(
  { task, queue, status, error }: JobInfo,
  workers: readonly WorkerInfo[],
): string | undefined {
  // A parent may have ended badly before.
  if (status === 'cancelled' && error !== null)
    return `The job is cancelled: ${escapeLine(error.message)}.`;
  const knowing = workers.filter(
    ({ state, silent, tasks }) => state === 'active' && !silent && tasks.includes(task),
  );
  if (knowing.some((worker) => serves(worker, queue))) return undefined;
  return knowing.length === 0
    ? `No running worker knows the task '${escapeLine(task)}'. Start one: gigq worker --tasks <module>`
    : `No running worker that knows '${escapeLine(task)}' serves the queue '${escapeLine(queue)}'.`;
}

/** Undefined if a worker that is alive will take the job in its turn. */
export async function adviceOnWorkers(queue: JobQueue, jobId: string): Promise<string | undefined> {
  const [job, workers] = await Promise.all([queue.getStatus(jobId), queue.workers()]);
  return job === undefined ? undefined : advice(job, workers);
}
