/** Jobs as plain readonly data: what crosses the seam, a thread's border, and nothing else. */
import type { FinalStatus, JobStatus, OnParentFailure } from './state.ts';

/** How a failed attempt is tried again, as the user wrote it; it lives on the job's row. */
export interface RetryPolicy {
  readonly delay?: string;
  readonly backoff?: 'fixed' | 'exponential';
  readonly maxDelay?: string;
  readonly jitter?: boolean;
}

/**
 * When something is due. A length of time is turned into an instant by the store's own clock; an instant that
 * the user named is kept as it was named.
 */
export type Due = { readonly afterMs: number } | { readonly atMs: number };

/** What went wrong, bounded in size and safe to store. */
export interface JobError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: JobError;
}

/** Where in the params a parent's result is put, or how it settled. An empty path: all of the params. */
export interface Reference {
  readonly path: readonly (string | number)[];
  readonly kind: 'result' | 'settled';
}

export interface Parent {
  readonly id: string;
  readonly references: readonly Reference[];
}

/** What a job waits for; each parent once. */
export interface Parents {
  readonly list: readonly Parent[];
  readonly onFailure: OnParentFailure;
  /** Whether the handler is given the results of all of them. */
  readonly passResults: boolean;
}

/** A job on its way into the store. `params` is JSON text; `timeout` null means no limit. */
export interface NewJob {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly name: string;
  readonly description: string;
  readonly params: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly timeout: string | null;
  readonly retry: RetryPolicy | null;
  readonly due: Due | null;
  readonly parents: Parents | null;
}

export interface NewWorkflow {
  readonly id: string;
  readonly name: string;
}

/**
 * The right to write to one running job. It ends with the execution: a write with an old lease changes nothing.
 * Its inside is the store's own business.
 */
export interface Lease {
  readonly seq: number;
  readonly lane: number;
  readonly workflow: number | null;
  readonly token: number;
}

/** A job that a worker holds, with everything that running and deciding need. */
export interface ClaimedJob extends CrashRecord {
  readonly lease: Lease;
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly name: string;
  readonly description: string;
  readonly params: string;
  readonly priority: number;
  /** Runs charged to `maxAttempts`, this one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Which run of the job this is: 1, 2, … over its whole life. */
  readonly number: number;
  readonly timeout: string | null;
  readonly retry: RetryPolicy | null;
  /** The label of the slot that runs it. */
  readonly slot: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly runAtMs: number | null;
  /** Of the attempt before. */
  readonly error: JobError | null;
  readonly workflow: string | null;
  /** The ids of its parents. */
  readonly dependencies: readonly string[];
  /** What it is given by them; null: nothing; 'ask': more than a claim brings along, `inputs` tells what. */
  readonly inputs: Inputs | 'ask' | null;
}

/** What the ends of the processes and leases that it ran in have told of a job. */
export interface CrashRecord {
  /** Runs in which its process died, and nothing else can have been the cause. */
  readonly crashes: number;
  /** Runs that ended with the lease, whoever was the cause. */
  readonly expiries: number;
  /** It may end the process that it runs in: it is run in one of its own. */
  readonly suspect: boolean;
}

/** How a parent ended, and where that goes. `result` is JSON text; `error` is told only where something refers to it. */
export interface ParentEnding extends Parent {
  readonly status: FinalStatus;
  readonly result: string | null;
  readonly error: JobError | null;
}

/** What a job is given by its parents: those whose results it is to see, in the order of its dependencies. */
export interface Inputs {
  readonly passResults: boolean;
  readonly parents: readonly ParentEnding[];
}

export type ExecutionStatus =
  'running' | 'completed' | 'failed' | 'timeout' | 'cancelled' | 'lost' | 'released';

/** How one execution ends, in terms of what is written. `decide` makes it, a store writes it. */
export interface Settlement extends CrashRecord {
  readonly lease: Lease;
  readonly status: 'completed' | 'failed' | 'timeout' | 'scheduled' | 'pending';
  readonly attempts: number;
  readonly due: Due | null;
  /** JSON text; null unless completed. */
  readonly result: string | null;
  readonly error: JobError | null;
  readonly execution: Exclude<ExecutionStatus, 'running' | 'cancelled'>;
  /** How long the params are, if that is known: they are written again with it, so it counts for as much more in a batch. */
  readonly paramsLength?: number;
}

export interface Progress {
  readonly done: number;
  readonly total: number | null;
  readonly message: string | null;
}

/** The whole record of a job as it is stored. `params` and `result` are JSON text. */
export interface JobRecord extends CrashRecord {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly name: string;
  readonly description: string;
  readonly params: string;
  readonly priority: number;
  readonly status: JobStatus;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly timeout: string | null;
  /** The ids of its parents, as they were given. */
  readonly dependencies: readonly string[];
  readonly workflow: string | null;
  readonly result: string | null;
  readonly error: JobError | null;
  readonly slot: string | null;
  readonly progress: Progress | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly runAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
}

export interface ExecutionRecord {
  readonly number: number;
  readonly attempt: number;
  readonly slot: string;
  readonly status: ExecutionStatus;
  readonly startedAtMs: number;
  readonly completedAtMs: number | null;
  readonly error: JobError | null;
}

/** How a job ended, for those who wait for it. `result` is JSON text. */
export interface FinalOutcome {
  readonly status: FinalStatus;
  readonly result: string | null;
  readonly error: JobError | null;
}
