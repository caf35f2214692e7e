// Words for jobs that wait for others.
import assert from 'node:assert/strict';
import type { NewJob } from '../../dist/core/job.js';
import type { OnParentFailure } from '../../dist/core/state.js';
import { completed, newJob, type Seam, type SeamWorker, waitsFor } from './store-seam.ts';

/** A job that waits for others. */
export function child(
  id: string,
  parents: readonly string[],
  onFailure: OnParentFailure = 'cancel',
): NewJob {
  return newJob(id, waitsFor(parents, { onFailure }));
}

/** Claims whatever is ready and ends it as it is said, else well, until nothing is. */
export async function runEverything(
  worker: SeamWorker,
  outcomes: Readonly<Record<string, typeof completed>> = {},
): Promise<readonly string[]> {
  const ran: string[] = [];
  for (;;) {
    const jobs = await worker.take(100);
    if (jobs.length === 0) return ran;
    for (const job of jobs) {
      ran.push(job.id);
      await worker.end(job, outcomes[job.id] ?? completed);
    }
  }
}

export async function statuses(seam: Seam, ...ids: readonly string[]): Promise<readonly string[]> {
  return Promise.all(ids.map((id) => seam.statusOf(id)));
}

export async function assertCounted(seam: Seam): Promise<void> {
  const counts: Record<string, number> = {};
  for (const { status } of await seam.everyJob()) counts[status] = (counts[status] ?? 0) + 1;
  assert.deepEqual(await seam.counted(), counts);
}
