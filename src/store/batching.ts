/** What group commit knows of units, whatever the dialect. */
import { isGigqError } from '../core/errors.ts';
import type { NewJob } from '../core/job.ts';
import { writtenLength } from '../core/written-length.ts';
import type { Input, Operation, Operations, Unit } from './store.ts';

/** Operations by which people look at what there is: also in a database that was moved. */
export const looks: ReadonlySet<keyof Operations> = new Set([
  'get',
  'list',
  'counts',
  'executions',
  'workers',
  'running',
  'workflow',
  'workflows',
]);

/** Operations that change nothing; these too are for what goes on here, or is waited for. */
export const reads: ReadonlySet<keyof Operations> = new Set([
  ...looks,
  'outcomes',
  'held',
  'inputs',
  'standing',
]);

const refusals: ReadonlySet<string> = new Set([
  'too_large',
  'job_not_found',
  'invalid_option',
  'parent_missing',
]);

/** Whether a unit refused its input: then it has written nothing, and what it shares a transaction with goes on. */
export function isRefusal(error: unknown): boolean {
  return isGigqError(error) && refusals.has(error.code);
}

/** Items that one transaction takes on: some tens of milliseconds, on a slow machine as well. */
const batchWeight = 1000;
/** Items of one call that are put together in one go. */
const stretchWeight = 2000;

/** How many of the units that wait, at least one, the next transaction takes on; one that is to be alone has its own. */
export function batchLength(
  waiting: readonly { readonly unit: Unit; readonly isAlone: boolean }[],
): number {
  let weight = 0;
  let count = 0;
  for (const { unit, isAlone } of waiting) {
    weight += weightOf(unit);
    if (count > 0 && (isAlone || weight > batchWeight)) break;
    count += 1;
    if (isAlone) break;
  }
  return count;
}

/** Text that takes about as long to write as another item. */
const itemBytes = 1536;

/** How many items of a batch a unit stands for, by their number and size. */
export function weightOf(unit: Unit): number {
  if (unit.op === 'claim') return unit.input.slots.length;
  if (unit.op === 'enqueueWorkflow') return weightOfJobs(unit.input.jobs);
  if (unit.op === 'enqueue') return weightOfJobs(unit.input);
  if (unit.op === 'settle')
    return unit.input.reduce((sum, settlement) => sum + weightOfText(writtenLength(settlement)), 0);
  const input: Input<Operation> = unit.input;
  return Array.isArray(input) ? Math.max(1, input.length) : 1;
}

function weightOfJobs(jobs: readonly NewJob[]): number {
  return jobs.reduce((sum, job) => sum + weightOfJob(job), 0);
}

export function weightOfJob({ params, description }: NewJob): number {
  return weightOfText(params.length + description.length);
}

/** Whether jobs are no more than is put together in one go. */
export function isOneBatch(jobs: readonly NewJob[]): boolean {
  return weightOfJobs(jobs) <= stretchWeight;
}

/**
 * Jobs in stretches of what is put together in one go, one at least. Who writes a great many at once writes them by several statements,
 * so that none takes long to put together, and others get their turn in between.
 */
export function* stretches(jobs: readonly NewJob[]): Generator<readonly NewJob[]> {
  let from = 0;
  let weight = 0;
  for (const [place, job] of jobs.entries()) {
    const added = weightOfJob(job);
    if (place > from && weight + added > stretchWeight) {
      yield jobs.slice(from, place);
      from = place;
      weight = 0;
    }
    weight += added;
  }
  if (from < jobs.length) yield jobs.slice(from);
}

function weightOfText(length: number): number {
  return 1 + Math.floor(length / itemBytes);
}
