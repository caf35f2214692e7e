/**
 * The seam: everything that a store does, and the rules that every store keeps. The author of another store reads
 * this file and the contract suite, nothing else.
 *
 * 1. A call is a *unit*, and a unit is atomic. `run` takes several units and may commit them together: a unit that
 *    fails is rejected alone, a commit that fails rejects all that shared it. Units of one caller run in order,
 *    so a caller's reads see its earlier writes, awaited or not. A unit that has to wait for a lock waits no longer
 *    than its `waitMs`, then it is rejected with `database_busy` and has changed nothing.
 * 2. Batches in, batches out: one reply per item, in the order of the items, every batch bounded.
 * 3. Every write to a running job is a compare-and-set on its lease. `lost` and `duplicate` are replies, not
 *    errors. Settling twice with the same lease and the same ending is a success, so that a settlement whose
 *    commit is in doubt can be sent again.
 * 4. Time crosses as lengths of time; the store turns them into instants with its own clock. The exception is an
 *    instant that the user named. Instants read from a store are milliseconds of its wall clock.
 * 5. The reaper has no power that a worker lacks: `expired`, then `decide`, then `settle` with the old lease.
 * 6. Settling a job, recording its execution, and releasing or ending its dependents is one transaction.
 * 7. Only claim order, the promotion of due jobs and the release of dependents are rules in SQL; every other rule is
 *    in `core/`. A job that is neither running nor final is blocked just as long as a parent holds it up. Order and cursors follow the order of insertion,
 *    never ids or instants.
 */
import type {
  ClaimedJob,
  ExecutionRecord,
  FinalOutcome,
  Inputs,
  JobRecord,
  Lease,
  NewJob,
  NewWorkflow,
  Progress,
  Settlement,
} from '../core/job.ts';
import type { JobStatus } from '../core/state.ts';
import type { NewWorker, RunningJob, WorkerRecord } from '../core/worker.ts';
import type { Standing } from '../core/standing.ts';
import type { WorkflowRecord, WorkflowStatus } from '../core/workflow.ts';

// ── submitting ──────────────────────────────────────────────────────────────────────────────────

export interface Submitting {
  /**
   * Stores all or none, at most 50,000. A job whose id is stored already is a `duplicate` and left as it is. Parents are
   * stored already or among the jobs, in any order and without a cycle; rejects with `parent_missing` otherwise, and
   * with `invalid_option` for a stored job that is given other parents.
   */
  enqueue(jobs: readonly NewJob[]): readonly ('stored' | 'duplicate')[];
  /** The same, for jobs that make up a workflow; one that is stored already grows by those that are new. */
  enqueueWorkflow(graph: {
    readonly workflow: NewWorkflow;
    readonly jobs: readonly NewJob[];
  }): readonly ('stored' | 'duplicate')[];
}

// ── working ─────────────────────────────────────────────────────────────────────────────────────

/** Names one life of a worker: nothing is granted to an instance whose epoch has passed. */
export interface WorkerKey {
  readonly instance: string;
  readonly epoch: number;
}

export interface ClaimRequest {
  readonly worker: WorkerKey;
  readonly tasks: readonly string[];
  /** Null: every queue. */
  readonly queues: readonly string[] | null;
  /** The labels of the free slots: at most one job is claimed for each, at most 1,000. */
  readonly slots: readonly string[];
  /** Tasks whose suspects it runs in processes of their own; of all others together it takes one, if `oneSuspect`. */
  readonly apart: readonly string[];
  readonly oneSuspect: boolean;
  /** It claims again when it is told to: jobs that are hard to find may be left for then. Default: every job is found. */
  readonly goesOn?: boolean;
}

export interface Claim {
  /** In the order of the slots: one suspect that is taken beside others, then highest priority first, then first in. */
  readonly jobs: readonly ClaimedJob[];
  /** How long until there may be more, the next scheduled job mostly; null: not by itself. Only said when slots stayed free. */
  readonly nextDueMs: number | null;
  /** Tasks of ready jobs in these queues that are not among `tasks`. Only said when slots stayed free. */
  readonly unknownTasks: readonly string[];
  /** The worker is not registered, or was held for dead: it has to register again. */
  readonly fenced: boolean;
}

export type Settled = 'settled' | 'duplicate' | 'lost';

/** The lease is lost; a parent runs again, so the job should be given back; over 16 MiB. */
export type NoInputs = 'lost' | 'unfinished' | 'too_large';

export interface Working {
  /** Promotes due jobs and takes ready ones in order, never of another queue or task. Takes the write lock only to take something. */
  claim(request: ClaimRequest): Claim;
  /** What running jobs are given by their parents. */
  inputs(leases: readonly Lease[]): readonly (Inputs | NoInputs)[];
  settle(settlements: readonly Settlement[]): readonly Settled[];
  /** Sets the progress of running jobs; false where the lease is lost. */
  progress(
    reports: readonly { readonly lease: Lease; readonly progress: Progress }[],
  ): readonly boolean[];
}

// ── leases ──────────────────────────────────────────────────────────────────────────────────────

/** One sighting of a worker: taking its jobs is a compare-and-set on it. */
export interface Sighting extends WorkerKey {
  readonly beat: number;
}

export interface Leases {
  /** Registers a worker, or registers it again with the next epoch. From then on the store's owner beats for it. */
  register(worker: NewWorker): WorkerKey;
  /** Adds one to the worker's beat; false if it was held for dead. */
  renew(beat: WorkerKey & { readonly stopping: boolean }): boolean;
  /** Ends a worker's life. Jobs that it still holds are then anybody's to reap. */
  leave(worker: WorkerKey): void;
  /** Which leases a worker holds, all or those among some, so that it learns what was taken from it. */
  held(worker: WorkerKey & { readonly among?: readonly Lease[] }): readonly Lease[];
  /** Holds a worker for dead if it still stands as sighted, and tells up to 1,000 of the jobs that it holds. */
  expired(sighting: Sighting): readonly ClaimedJob[];
}

// ── looking after jobs ──────────────────────────────────────────────────────────────────────────

export interface PruneRequest {
  /** Only what ended before; null: all. */
  readonly before: { readonly agoMs: number } | { readonly atMs: number } | null;
  /** Where the previous chunk ended. */
  readonly after: number | null;
}

export interface Tending {
  /** Ends jobs that have not ended, running ones too (their lease is taken); false where a job is final or unknown. */
  cancel(ids: readonly string[]): readonly boolean[];
  /**
   * Brings failed, timed-out and cancelled jobs back as new, with what they took down; false for others, and for a job
   * that a parent takes down or whose parent was removed.
   */
  requeue(ids: readonly string[]): readonly boolean[];
  /** The same for all jobs of a workflow at once; how many there were. */
  cancelWorkflow(id: string): number;
  requeueWorkflow(id: string): number;
  /**
   * Removes a chunk of completed and cancelled jobs with their executions, but none that a dependent may still need;
   * `next` is null after the last chunk.
   */
  prune(request: PruneRequest): { readonly removed: number; readonly next: number | null };
}

// ── looking ─────────────────────────────────────────────────────────────────────────────────────

export interface ListRequest {
  readonly statuses: readonly JobStatus[] | null;
  readonly task: string | null;
  readonly queue: string | null;
  readonly workflow: string | null;
  /** A worker's label or that of one of its slots. */
  readonly worker: string | null;
  readonly limit: number;
  /** The last job of the page before, or how far a page had been searched when it was cut short. */
  readonly before: { readonly id: string } | { readonly seq: number } | null;
}

/** `next` is not null when the search was cut short to keep others from waiting: go on from there. */
export interface Page {
  readonly jobs: readonly JobRecord[];
  readonly next: number | null;
}

export interface WorkflowsRequest {
  readonly status: WorkflowStatus | null;
  readonly limit: number;
  /** The last workflow of the page before. */
  readonly before: string | null;
}

export interface Looking {
  get(id: string): JobRecord | null;
  /** Newest first. Rejects with `job_not_found` if the cursor's job is gone. */
  list(request: ListRequest): Page;
  counts(input: null): Readonly<Record<JobStatus, number>>;
  /** The last 100, oldest first, a running one included, and how many there are. */
  executions(id: string): {
    readonly count: number;
    readonly executions: readonly ExecutionRecord[];
  };
  /** How jobs stand, without their params: what somebody who waits for them needs. Null: no such job. */
  outcomes(ids: readonly string[]): readonly (FinalOutcome | 'unfinished' | null)[];
  /** For who asks often, those that are not lost may be told to run none: to count what they run may take long. */
  workers(input: { readonly runningOf: 'lost' } | null): readonly WorkerRecord[];
  /** What they run, of each the 100 jobs that have run longest; and what time it is. */
  running(input: null): { readonly jobs: readonly RunningJob[]; readonly nowMs: number };
  workflow(id: string): WorkflowRecord | null;
  /** Newest first. Rejects with `job_not_found` if the cursor's workflow is gone. */
  workflows(request: WorkflowsRequest): readonly WorkflowRecord[];
  /** What keeps a job from running, by the rules of claiming. */
  standing(id: string): Standing | null;
}

// ── the store ───────────────────────────────────────────────────────────────────────────────────

export type Operations = Submitting & Working & Leases & Tending & Looking;
export type Operation = keyof Operations;
export type Input<O extends Operation> = Parameters<Operations[O]>[0];
export type Reply<O extends Operation> = ReturnType<Operations[O]>;

/** One call of one operation. */
export type Unit<O extends Operation = Operation> = O extends Operation
  ? { readonly op: O; readonly input: Input<O>; readonly caller: number; readonly waitMs: number }
  : never;

export type Answer<O extends Operation = Operation> =
  { readonly ok: true; readonly reply: Reply<O> } | { readonly ok: false; readonly error: unknown };

/**
 * `work`: something may be claimable, or a running job was cancelled. `change`: a job may have ended. Both are
 * hints that may come late, twice or for nothing; polling alone must be correct. `lease`: how the renewal of a
 * worker's lease stands: renewed, in danger (abort what runs: the lease may end unseen) or lost; `asked`: the worker is to
 * renew it by itself, for jobs of its are overdue. `claimed`: what came, at an instant of the monotonic clock, of a claim that
 * waited (see waiting-claims.ts). Its jobs are an offer of that number. `deaf`: no hints come from others, so that polling is
 * all there is.
 */
export type StoreEvent =
  | { readonly type: 'work' }
  | { readonly type: 'change' }
  | Readonly<{ type: 'lease'; instance: string; state: 'renewed' | 'danger' | 'lost' | 'asked' }>
  | Readonly<{ type: 'claimed'; instance: string; number: number; claim: Claim; atMs: number }>
  | { readonly type: 'deaf' }
  | { readonly type: 'closed'; readonly error: unknown };

export type Interest = StoreEvent['type'];

export interface Store {
  /** Answers every unit once, by its place in `units`, as soon as it is committed or refused. */
  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void;
  /** Calls back for events of one kind until the returned function is called. */
  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void;
  close(): Promise<void>;
}

/**
 * Time, injected so that tests own it. All threads of a process count `mono` alike. `timer` calls back once and returns its
 * own undoing; it keeps no process alive.
 */
export interface Clock {
  wall(): number;
  mono(): number;
  timer(ms: number, callback: () => void): () => void;
}
