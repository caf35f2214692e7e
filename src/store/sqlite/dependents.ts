/**
 * What the end of a job, or its coming back, means to those that wait for it. Each goes from wave to wave (dependents,
 * their dependents, …) in the transaction that began it: nothing recurses, however long a chain is. What a parent's
 * state means to a dependent is decided in consequences.ts.
 */
import type { JobStatus, OnParentFailure } from '../../core/state.ts';
import { takenDownBy } from '../../core/workflow.ts';
import { type Pair, whenBack, whenEnded } from '../consequences.ts';
import { type Context, type Member, move } from './context.ts';

/** A dependent beside one of its parents. */
export interface Dependent extends Member, Pair {}

function dependentsOf(context: Context, parents: readonly number[]): readonly Dependent[] {
  const rows = context.connection.all('dependents', { parents: JSON.stringify(parents) });
  return rows as unknown as readonly Dependent[];
}

// ── a parent has ended ──────────────────────────────────────────────────────────────────────────

/** Releases or takes down whatever waited for these jobs, which have just ended, and for those that end with them. */
export function ended(context: Context, jobs: readonly number[]): void {
  let wave = jobs;
  while (wave.length > 0) wave = spread(context, dependentsOf(context, wave));
}

function spread(context: Context, dependents: readonly Dependent[]): readonly number[] {
  const { takenDown, released } = whenEnded(dependents);
  for (const dependent of takenDown) takeDown(context, dependent);
  for (const [dependent, parents] of released) release(context, dependent, parents);
  return takenDown.map(({ seq }) => seq);
}

export function takeDown(context: Context, dependent: Dependent): void {
  writeTakenDown(context, dependent.seq, {
    seq: dependent.parent,
    id: dependent.parentId,
    status: dependent.parentStatus,
  });
  move(context, dependent, 'blocked', 'cancelled');
  context.done.change = true;
}

interface BadParent {
  readonly seq: number;
  readonly id: string;
  readonly status: JobStatus;
}

function writeTakenDown(context: Context, seq: number, parent: BadParent): void {
  const error = JSON.stringify(takenDownBy(parent));
  const now = context.clock.wall();
  context.connection.run('takeDown', { seq, parent: parent.seq, error, now });
}

function release(context: Context, dependent: Dependent, parents: number): void {
  const { seq } = dependent;
  const row = context.connection.get('release', { seq, parents, now: context.clock.wall() });
  const status = row?.['status'] as JobStatus;
  // Whatever was waiting was blocked: a job is, as long as a parent holds it up.
  if (status !== 'scheduled' && status !== 'pending') return;
  move(context, dependent, 'blocked', status);
  context.done.work = true;
}

// ── a job comes back ────────────────────────────────────────────────────────────────────────────

/** A job that ended badly. */
export interface Ended extends Member {
  readonly seq: number;
  readonly status: JobStatus;
  readonly parents: number;
  readonly policy: OnParentFailure | null;
}

/**
 * Brings a job back with all that it took down, and counts them. It does not come back against a parent that takes it
 * down or is gone: then nothing changes, and 0 is returned. With `adopt`, the parent is noted as the one that keeps the
 * job down, so that it comes back with that parent.
 */
export function bringBack(context: Context, job: Ended, { adopt }: { adopt: boolean }): number {
  if (!revive(context, job, adopt)) return 0;
  let count = 1;
  let wave: readonly number[] = [job.seq];
  while (wave.length > 0) {
    wave = recall(context, dependentsOf(context, wave));
    count += wave.length;
  }
  return count;
}

function revive(context: Context, job: Ended, adopt: boolean): boolean {
  const against = standingAgainst(context, job);
  if (against !== undefined) {
    if (adopt && against.status !== null) writeTakenDown(context, job.seq, against as BadParent);
    return false;
  }
  context.connection.run('keepExecution', { seq: job.seq });
  const row = context.connection.get('requeue', { seq: job.seq, now: context.clock.wall() });
  move(context, job, job.status, row?.['status'] as JobStatus);
  context.done.work = true;
  return true;
}

/** A parent that keeps a job from coming back; of one that was cleared nothing but its id is left. */
export type Obstacle = Omit<BadParent, 'status'> & { readonly status: JobStatus | null };

export function standingAgainst(
  context: Context,
  { seq, parents, policy }: Pick<Ended, 'seq' | 'parents' | 'policy'>,
): Obstacle | undefined {
  if (parents === 0) return undefined;
  return context.connection.get('standingAgainst', { seq, policy }) as unknown as
    Obstacle | undefined;
}

/** Of those that these parents released or took down, who waits for them again; returns who came back. */
function recall(context: Context, dependents: readonly Dependent[]): readonly number[] {
  const { back, blocked } = whenBack(dependents);
  // That it has parents is all that matters here of how many there are.
  const revived = back.filter((dependent) => revive(context, { ...dependent, parents: 1 }, true));
  for (const [dependent, parents] of blocked) block(context, dependent, parents);
  return revived.map(({ seq }) => seq);
}

function block(context: Context, dependent: Dependent, parents: number): void {
  const { seq, status } = dependent;
  context.connection.run('block', { seq, parents, now: context.clock.wall() });
  if (status === 'scheduled' || status === 'pending') move(context, dependent, status, 'blocked');
}
