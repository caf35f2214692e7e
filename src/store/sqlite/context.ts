/** What the operations of one store share. */
import type { Due } from '../../core/job.ts';
import type { JobStatus } from '../../core/state.ts';
import type { Clock } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Lanes } from './lanes.ts';
import type { Workflows } from './workflows.ts';

export interface Context {
  readonly connection: Connection;
  readonly lanes: Lanes;
  readonly workflows: Workflows;
  readonly clock: Clock;
  /** What the transaction in progress did that others wait for. */
  readonly done: Done;
}

export interface Done {
  /** Work became ready or due, or a running job was cancelled. */
  work: boolean;
  /** A job may have ended. */
  change: boolean;
}

/** Where a job is counted. */
export interface Member {
  readonly lane: number;
  readonly workflow: number | null;
  /** Where it is counted from now on, if that changes. */
  readonly nextLane?: number;
}

/** Counts a job as moved from one state to another; null stands for "not stored". */
export function move(
  { lanes, workflows }: Context,
  { lane, workflow, nextLane = lane }: Member,
  from: JobStatus | null,
  to: JobStatus | null,
): void {
  if (nextLane === lane) lanes.counts.move(lane, from, to);
  else {
    lanes.counts.move(lane, from, null);
    lanes.counts.move(nextLane, null, to);
  }
  if (workflow !== null) workflows.counts.move(workflow, from, to);
}

/** The instant at which something is due, by the store's clock. */
export function instantOf(due: Due, now: number): number {
  return 'atMs' in due ? due.atMs : now + due.afterMs;
}
