/**
 * Takes the jobs of workers that are gone, so that they run again. Whoever does it has no power that a worker lacks: the
 * jobs are settled with their old leases, and a store refuses what has changed since it was seen.
 */
import { blame, type Loss, runsApart } from '../core/blame.ts';
import { decide } from '../core/decide.ts';
import type { ClaimedJob, JobError, Settlement } from '../core/job.ts';
import type { WorkerRecord } from '../core/worker.ts';
import type { StoreHandle } from '../store/store-handle.ts';

/** How workers were lost, and how that is told. */
export interface Death {
  readonly loss: Loss;
  readonly error: JobError;
}

export interface ReapTools {
  readonly store: StoreHandle;
  readonly waitMs: number;
}

interface Orphan {
  readonly job: ClaimedJob;
  readonly worker: WorkerRecord;
}

/**
 * Settles all jobs of workers that shared one process, together: who is to blame can only be told from all of them.
 * Returns how many were taken; none if somebody else was quicker.
 */
export async function reap(
  workers: readonly WorkerRecord[],
  death: Death,
  { store, waitMs }: ReapTools,
): Promise<number> {
  let taken = 0;
  for (;;) {
    const orphans = await orphansOf(workers, { store, waitMs });
    if (orphans.length === 0) return taken;
    const answers = await store.call('settle', settlementsFor(orphans, death), { waitMs });
    const settled = answers.filter((answer) => answer === 'settled').length;
    if (settled === 0) return taken;
    taken += settled;
  }
}

async function orphansOf(
  workers: readonly WorkerRecord[],
  { store, waitMs }: ReapTools,
): Promise<readonly Orphan[]> {
  const orphans: Orphan[] = [];
  for (const worker of workers) {
    const { instance, epoch, beat } = worker;
    const jobs = await store.call('expired', { instance, epoch, beat }, { waitMs });
    orphans.push(...jobs.map((job) => ({ job, worker })));
  }
  return orphans;
}

function settlementsFor(orphans: readonly Orphan[], { loss, error }: Death): readonly Settlement[] {
  const apart = new Set(
    orphans.filter(({ job, worker }) => runsApart(worker, job)).map(({ job }) => job),
  );
  const jobs = orphans.map(({ job }) => job);
  const kinds = blame(jobs, loss, (job) => apart.has(job));
  return jobs.map((job, place) => decide(job, { kind: kinds[place] ?? 'lost', error }, 0));
}
