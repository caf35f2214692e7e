// What the state of its parents means to a job, in the model: read off the parents every time, never counted.
import type { NewJob } from '../../dist/core/job.js';
import { isFinal } from '../../dist/core/state.js';
import type { ModelJob } from './model-job.ts';

type Parent = Pick<ModelJob, 'given' | 'status'>;

export function endedBadly({ status }: Pick<ModelJob, 'status'>): boolean {
  return isFinal(status) && status !== 'completed';
}

/** A parent has not ended; or it has ended badly, and the job waits until it is mended. */
export function isHeldUp({ given, parents }: ModelJob): boolean {
  const waits = given.parents?.onFailure === 'wait';
  return parents.some((parent) => !isFinal(parent.status) || (waits && endedBadly(parent)));
}

/** The parents that keep a job cancelled for as long as they stay as they are. */
export function thoseAgainst({ given, parents }: ModelJob): readonly Parent[] {
  return given.parents?.onFailure === 'cancel' ? parents.filter(endedBadly) : [];
}

/** A job that may still run, of its own or once it is brought back, needs its parents to be stored. */
export function needsItsParents({ status, isTakenDown }: ModelJob): boolean {
  return status !== 'completed' && (status !== 'cancelled' || isTakenDown);
}

/** What a job that was taken down may say: any of the parents that are against it, for several may have ended at once. */
export function complaints(job: ModelJob): readonly string[] {
  return thoseAgainst(job).map(
    (parent) => `Its parent ${parent.given.id} ended as ${parent.status}`,
  );
}

export function parentIds({ parents }: NewJob): readonly string[] {
  return parents?.list.map(({ id }) => id) ?? [];
}

/** Why jobs are not stored: what is wrong with the first of them with which something is. */
export function refusalOf(
  jobs: readonly NewJob[],
  find: (id: string) => ModelJob | undefined,
): 'parent_missing' | 'invalid_option' | null {
  const together = new Set(jobs.map(({ id }) => id));
  for (const job of jobs) {
    const ids = parentIds(job);
    const stored = find(job.id);
    // A job that names no parents says nothing about them.
    const isOther = stored !== undefined && job.parents !== null;
    if (isOther && parentIds(stored.given).join(' ') !== ids.join(' ')) return 'invalid_option';
    const isMissing = ids.some((id) => find(id) === undefined && !together.has(id));
    // The parents of a job that is stored already may have been cleared.
    if (stored === undefined && isMissing) return 'parent_missing';
  }
  return null;
}
