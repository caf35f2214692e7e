/**
 * What the end of jobs, or their coming back, means to those that wait for them: which of them are written, and how. The same
 * for every store; what a parent's state means to a dependent is `bearingOf` in core/workflow.ts.
 */
import type { JobStatus, OnParentFailure } from '../core/state.ts';
import { bearingOf } from '../core/workflow.ts';

/** A dependent beside one of its parents. */
export interface Pair {
  readonly seq: number;
  readonly status: JobStatus;
  readonly policy: OnParentFailure;
  readonly takenDownBy: number | null;
  readonly parent: number;
  readonly parentId: string;
  readonly parentStatus: JobStatus;
}

/** A dependent, and by how many of its parents it is concerned. */
type Tallied<Dependent> = readonly (readonly [Dependent, number])[];

/**
 * Parents have ended. A job that one parent releases and another takes down is taken down first: nothing is released that
 * has ended.
 */
export function whenEnded<Dependent extends Pair>(
  pairs: readonly Dependent[],
): { readonly takenDown: readonly Dependent[]; readonly released: Tallied<Dependent> } {
  const released: Dependent[] = [];
  const takenDown = new Map<number, Dependent>();
  for (const pair of pairs) {
    const bearing = bearingOf(pair.parentStatus, pair.policy);
    if (bearing === 'releases') released.push(pair);
    const isFirst = pair.status === 'blocked' && !takenDown.has(pair.seq);
    if (bearing === 'takes down' && isFirst) takenDown.set(pair.seq, pair);
  }
  return { takenDown: [...takenDown.values()], released: tally(released) };
}

/** Parents run again: who was taken down by one of them comes back, if nothing else is against it; who was released waits. */
export function whenBack<Dependent extends Pair>(
  pairs: readonly Dependent[],
): { readonly back: readonly Dependent[]; readonly blocked: Tallied<Dependent> } {
  const isBack = ({ status, policy, takenDownBy, parent }: Dependent): boolean =>
    policy !== 'run' && status === 'cancelled' && takenDownBy === parent;
  return {
    back: pairs.filter(isBack),
    blocked: tally(pairs.filter(({ policy }) => policy === 'run')),
  };
}

function tally<Dependent extends Pair>(pairs: readonly Dependent[]): Tallied<Dependent> {
  const counts = new Map<number, [Dependent, number]>();
  for (const pair of pairs) {
    const count = counts.get(pair.seq);
    if (count === undefined) counts.set(pair.seq, [pair, 1]);
    else count[1] += 1;
  }
  return [...counts.values()];
}
