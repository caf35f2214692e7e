/** What is known of where a job stands, and the rule by which workers take jobs. */
import type { ExecutionRecord, JobRecord } from './job.ts';
import type { JobStatus, OnParentFailure } from './state.ts';

// ── the rule of claiming ────────────────────────────────────────────────────────────────────────

/** What a worker takes: tasks that it knows, of its queues (null: all). */
export interface Capacity {
  readonly tasks: readonly string[];
  readonly queues: readonly string[] | null;
}

export function serves({ queues }: Capacity, { queue }: { readonly queue: string }): boolean {
  return queues?.includes(queue) ?? true;
}

/**
 * Whether a worker runs jobs of the lane in its own process though they are suspects, for no other process can import
 * their task: it takes one of them at a time, apart from the order of all others.
 */
export function isLone(
  moduleTasks: readonly string[],
  { task, suspect }: { readonly task: string; readonly suspect: boolean },
): boolean {
  return suspect && !moduleTasks.includes(task);
}

export function knows({ tasks }: Capacity, { task }: { readonly task: string }): boolean {
  return tasks.includes(task);
}

// ── where a job stands ──────────────────────────────────────────────────────────────────────────

export interface Relative {
  readonly id: string;
  readonly name: string;
  readonly status: JobStatus;
}

/** A worker as far as it matters to one job. */
export interface Candidate extends Capacity {
  readonly label: string;
  readonly host: string;
  readonly pid: number;
  readonly moduleTasks: readonly string[];
  /** It runs a suspect in its own process. */
  readonly hasLoneSuspect: boolean;
  readonly state: 'active' | 'stopping' | 'lost';
  readonly concurrency: number;
  readonly running: number;
  readonly heartbeatAtMs: number;
  readonly leaseMs: number;
}

type Pulse = Pick<Candidate, 'state' | 'heartbeatAtMs' | 'leaseMs'>;

/** Whether its last heartbeat is older than its lease, though it was not held for dead. */
export function isSilent({ state, heartbeatAtMs, leaseMs }: Pulse, nowMs: number): boolean {
  return state !== 'lost' && nowMs - heartbeatAtMs > leaseMs;
}

/** Whether a worker may be expected to claim: it beats, and is not about to leave. */
export function isLive(worker: Pulse, nowMs: number): boolean {
  return worker.state === 'active' && !isSilent(worker, nowMs);
}

/** Whether a claim may take the job: it is ready, or due, which is the same to a claim. */
export function isReady({ status, runAtMs }: JobRecord, nowMs: number): boolean {
  return status === 'pending' || (status === 'scheduled' && (runAtMs ?? 0) <= nowMs);
}

export interface Standing {
  readonly job: JobRecord;
  readonly onParentFailure: OnParentFailure | null;
  /** The first parents that hold it up, and how many do. */
  readonly parents: readonly Relative[];
  readonly parentCount: number;
  /** Ancestors that hold it up and are not blocked themselves: what it waits for in the end. The first few. */
  readonly roots: readonly string[];
  /** The search for roots was given up before one was found. */
  readonly isCutShort: boolean;
  /** The job whose end cancelled it, perhaps by way of others; null unless it was taken down. */
  readonly cause: Relative | null;
  /** The parent against which it cannot come back; status null: it was cleared. */
  readonly against: { readonly id: string; readonly status: JobStatus | null } | null;
  readonly workers: readonly Candidate[];
  /** The worker that runs it; null if none does. */
  readonly holder: Candidate | null;
  /** The last runs of a suspect that were lost with their process or worker, oldest first. */
  readonly losses: readonly ExecutionRecord[];
  /** Ready jobs that its workers take first; each counted up to `aheadMax` a lane. */
  readonly ahead: { readonly higher: number; readonly earlier: number };
  readonly nowMs: number;
}

/** Ready jobs are not counted beyond. */
export const aheadMax = 10_000;
