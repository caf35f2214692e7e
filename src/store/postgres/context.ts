/** What the operations of one session share. */
import type { Due } from '../../core/job.ts';
import type { JobStatus } from '../../core/state.ts';
import type { Input, Operation, Reply } from '../store.ts';
import type { Statements } from './statements.ts';
import type { Dues } from './dues.ts';
import type { Width } from './width.ts';
import type { Fronts } from './front.ts';
import type { Lanes } from './lanes.ts';
import type { Workflows } from './workflows.ts';

/** Operations of the seam, as they are here: each waits for the server. */
export type Asynchronous<O extends Operation> = {
  readonly [Op in O]: (input: Input<Op>) => Promise<Reply<Op>>;
};

export interface Context {
  readonly connection: Statements;
  readonly lanes: Lanes;
  readonly workflows: Workflows;
  /** What the transaction in progress did that others wait for. */
  readonly done: Done;
  readonly fronts: Fronts;
  readonly dues: Dues;
  readonly width: Width;
  /** Called by an operation that has sent all that it can before it is answered; with the jobs that end by it. */
  sent: (ending: readonly number[]) => void;
  /** All of it is sent in one piece: nothing can be asked for that depends on an answer. See at-once.ts. */
  readonly isAtOnce: boolean;
  /** What becomes of the jobs of workflows is counted before the commit. */
  readonly isCounted: boolean;
  /** Claims are expected to find as much as they ask for. */
  readonly isBusy: boolean;
  /** Jobs whose ends have been sent, while it is not known yet whether others wait for them; and when it is. */
  ending: Ending;
}

export interface Ending {
  readonly seqs: readonly number[];
  readonly followed: Promise<unknown>;
}

export const nothingEnds: Ending = { seqs: [], followed: Promise.resolve() };

export interface Done {
  /** Work became ready or due, or a running job was cancelled. */
  work: boolean;
  /** A job may have ended. */
  change: boolean;
}

/** Where a job is counted. */
export interface Member {
  readonly workflow: number | null;
}

/** Counts a job as moved from one state to another; null stands for "not stored". */
export function move(
  { workflows }: Context,
  { workflow }: Member,
  from: JobStatus | null,
  to: JobStatus | null,
): void {
  if (workflow !== null) workflows.counts.move(workflow, from, to);
}

/** The answer to all that an operation asks, which has just been asked. */
export function sending<T>({ sent }: Context, answer: Promise<T>): Promise<T> {
  sent([]);
  return answer;
}

/** When things are due, as the two columns that a statement takes: a length of time, or an instant. */
export function dueColumns(dues: readonly (Due | null)[]): {
  readonly afterMs: readonly (number | null)[];
  readonly atMs: readonly (number | null)[];
} {
  return {
    afterMs: dues.map((due) => (due !== null && 'afterMs' in due ? due.afterMs : null)),
    atMs: dues.map((due) => (due !== null && 'atMs' in due ? due.atMs : null)),
  };
}
