/** What a store makes of jobs that are submitted to it, before it writes anything. The same for every store. */
import { GigqError } from '../core/errors.ts';
import type { NewJob, Parent } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import { label } from '../core/reason.ts';
import type { JobStatus } from '../core/state.ts';
import { bearingOf } from '../core/workflow.ts';

export function refuseTooMany(count: number): void {
  if (count <= limits.jobsPerUnit) return;
  throw new GigqError(
    'too_large',
    `${count} jobs are too many to store at once; at most ${limits.jobsPerUnit} can be`,
  );
}

export function parentsOf(job: NewJob): readonly Parent[] {
  return job.parents?.list ?? [];
}

export function hasInputs({ parents }: NewJob): boolean {
  if (parents === null) return false;
  return parents.passResults || parents.list.some(({ references }) => references.length > 0);
}

export function parentMissing(job: NewJob, parent: string): GigqError {
  return new GigqError(
    'parent_missing',
    `Job ${label(job)}: there is no job ${parent} to wait for`,
  );
}

export function waitsForOthers(job: NewJob): GigqError {
  return new GigqError(
    'invalid_option',
    `Job ${label(job)} is stored already, and waits for other parents`,
    { hint: 'Give the job another id, or the parents that it was submitted with.' },
  );
}

/** How many parents hold the job up, those that take it down included: it is blocked until that is done. */
export function holdingUp(
  known: ReadonlyMap<string, { readonly status: JobStatus }>,
  { parents }: NewJob,
): number {
  if (parents === null) return 0;
  const { list, onFailure } = parents;
  return list.filter(({ id }) => {
    const status = known.get(id)?.status;
    return status === undefined || bearingOf(status, onFailure) !== 'releases';
  }).length;
}

/** Whether a job differs from another in nothing but its id and params, and neither waits for anything. */
export function isAlike(job: NewJob, pattern: NewJob): boolean {
  return (
    job.task === pattern.task &&
    job.queue === pattern.queue &&
    job.name === pattern.name &&
    job.description === pattern.description &&
    job.priority === pattern.priority &&
    job.maxAttempts === pattern.maxAttempts &&
    job.timeout === pattern.timeout &&
    isPlain(job) &&
    isPlain(pattern)
  );
}

function isPlain({ retry, due, parents }: NewJob): boolean {
  return retry === null && due === null && parents === null;
}
