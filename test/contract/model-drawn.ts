// What the commands of a model-based run are drawn from. Ids are few, so that jobs meet; a job waits for lower ones only,
// so that there are no cycles.
import fc from 'fast-check';
import type { Outcome } from '../../dist/core/decide.js';
import type { NewJob, Parents } from '../../dist/core/job.js';
import { onParentFailure } from '../../dist/core/state.js';
import {
  completed,
  failed,
  failedForGood,
  lost,
  newJob,
  postponed,
  released,
  timedOut,
  waitsFor,
} from '../helpers/store-seam.ts';
import type { Model } from './model.ts';

const idCount = 8;
const idOf = (number: number): string => `job-${number}`;
const id = fc.nat(idCount - 1).map(idOf);

export const ids = fc.array(id, { minLength: 1, maxLength: 3 });
export const tasks = ['one', 'two'];
const queues = ['x', 'y'];
export const workers = ['w1', 'w2'];
export const worker = fc.constantFrom(...workers);
export const workflows = ['wf-1', 'wf-2'];
export const workflow = fc.constantFrom(...workflows);
/** A place among things of which nobody knows yet how many there will be. */
export const place = fc.nat(1000);

export function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(1, items.length)];
}

export const outcomes: Readonly<Record<OutcomeName, Outcome>> = {
  completed,
  failed,
  failedForGood,
  timedOut,
  released,
  lost,
  crashed: { ...lost, kind: 'crashed' },
  suspected: { ...lost, kind: 'suspected' },
  expired: { ...lost, kind: 'expired' },
  postponed: postponed(900),
};
export type OutcomeName =
  | 'completed'
  | 'failed'
  | 'failedForGood'
  | 'timedOut'
  | 'released'
  | 'lost'
  | 'crashed'
  | 'suspected'
  | 'expired'
  | 'postponed';
export const outcome = fc.constantFrom<OutcomeName>(
  ...(Object.keys(outcomes) as OutcomeName[]),
  ...(['completed', 'completed', 'failedForGood'] as const),
);

// ── jobs ────────────────────────────────────────────────────────────────────────────────────────

const properties = fc.record({
  task: fc.constantFrom(...tasks),
  queue: fc.constantFrom(...queues),
  priority: fc.integer({ min: -1, max: 1 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  retry: fc.constantFrom(null, { delay: '1s' }, { delay: '1s', backoff: 'exponential' as const }),
  due: fc.constantFrom(null, null, null, { afterMs: 0 }, { afterMs: 700 }, { afterMs: 4000 }),
});

interface DrawnJob extends Omit<Parents, 'list'> {
  readonly number: number;
  /** Places among the jobs that it may wait for. */
  readonly parents: readonly number[];
  readonly properties: Partial<NewJob>;
}

const job: fc.Arbitrary<DrawnJob> = fc.record({
  number: fc.nat(idCount - 1),
  parents: fc.array(fc.nat(idCount - 1), { maxLength: 4 }),
  onFailure: fc.constantFrom('cancel', ...onParentFailure),
  passResults: fc.boolean(),
  properties,
});

/** Jobs to submit together. A careless batch may name a parent that is missing, or other parents for a stored job. */
export interface Batch {
  readonly jobs: readonly DrawnJob[];
  readonly isCareless: boolean;
}

export function batch(minLength: number): fc.Arbitrary<Batch> {
  return fc.record({
    jobs: fc.array(job, { minLength, maxLength: 5 }),
    isCareless: fc.constantFrom(false, false, false, false, false, true),
  });
}

/** The jobs of a batch, as they are submitted to a store that is where the model is. */
export function submitted(model: Model, { jobs, isCareless }: Batch): readonly NewJob[] {
  const isThere = (name: string): boolean =>
    model.find(name) !== undefined || jobs.some(({ number }) => idOf(number) === name);
  return jobs.map(({ number, properties: rest }) => {
    const stored = model.find(idOf(number));
    if (stored !== undefined && !isCareless) {
      return newJob(idOf(number), { ...rest, parents: stored.given.parents });
    }
    const lower = Array.from({ length: number }, (_, each) => idOf(each));
    const candidates = isCareless ? lower : lower.filter((name) => isThere(name));
    // The same job twice has the same parents: what else would mean, nobody knows.
    const first = jobs.find((each) => each.number === number);
    return newJob(idOf(number), { ...rest, parents: first ? parentsOf(first, candidates) : null });
  });
}

function parentsOf(
  { parents, ...policy }: DrawnJob,
  candidates: readonly string[],
): Parents | null {
  const names = new Set(parents.flatMap((at) => pick(candidates, at) ?? []));
  return names.size === 0 ? null : waitsFor([...names], policy).parents;
}
