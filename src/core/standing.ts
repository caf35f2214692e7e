/** What is known of where a job stands, and the rule by which workers take jobs. */
import type { JobRecord } from './job.ts';
import type { JobStatus, OnParentFailure } from './state.ts';

// ── the rule of claiming ────────────────────────────────────────────────────────────────────────

/** What a worker takes: tasks that it knows, of its queues (null: all). */
export interface Capacity {
  readonly tasks: readonly string[];
  readonly queues: readonly string[] | null;
}

export interface LaneName {
  readonly queue: string;
  readonly task: string;
}

export function serves({ queues }: Capacity, { queue }: LaneName): boolean {
  return queues?.includes(queue) ?? true;
}

export function knows({ tasks }: Capacity, { task }: LaneName): boolean {
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
  readonly state: 'active' | 'stopping' | 'lost';
  readonly concurrency: number;
  readonly running: number;
}

export interface Standing {
  readonly job: JobRecord;
  readonly onParentFailure: OnParentFailure | null;
  /** The first parents that hold it up, and how many do. */
  readonly parents: readonly Relative[];
  readonly parentCount: number;
  /** Ancestors that hold it up and are not blocked themselves: what it waits for in the end. The first few. */
  readonly roots: readonly string[];
  /** Whether the end of a parent cancelled it. */
  readonly isTakenDown: boolean;
  /** The parent that took it down, or that it cannot come back against; status null: it was cleared. */
  readonly against: { readonly id: string; readonly status: JobStatus | null } | null;
  readonly workers: readonly Candidate[];
  /** Ready jobs that its workers take first; each counted up to `aheadMax` a lane. */
  readonly ahead: { readonly higher: number; readonly earlier: number };
  readonly nowMs: number;
}

/** Ready jobs are not counted beyond. */
export const aheadMax = 10_000;
