/** What the operations of one store share. */
import type { Due } from '../../core/job.ts';
import type { Clock } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Lanes } from './lanes.ts';

export interface Context {
  readonly connection: Connection;
  readonly lanes: Lanes;
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

/** The instant at which something is due, by the store's clock. */
export function instantOf(due: Due, now: number): number {
  return 'atMs' in due ? due.atMs : now + due.afterMs;
}
