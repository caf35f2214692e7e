/** The rules of workflows: what the end of a parent means to its dependents, how a workflow stands, what a cycle is. */
import { GigqError } from './errors.ts';
import type { JobError, NewWorkflow } from './job.ts';
import { isFinal, type JobStatus, type OnParentFailure, statuses } from './state.ts';

/** How a parent in some state stands to a dependent: it holds it up, no longer does, or takes it down. */
export type Bearing = 'holds' | 'releases' | 'takes down';

export function bearingOf(parent: JobStatus, policy: OnParentFailure): Bearing {
  if (!isFinal(parent)) return 'holds';
  if (parent === 'completed' || policy === 'run') return 'releases';
  return policy === 'cancel' ? 'takes down' : 'holds';
}

const parentError = 'ParentError';

/** Whether it is the error of a dependent that a parent took down. */
export function isOfParent(error: JobError | null): boolean {
  return error?.name === parentError;
}

/** The error of a dependent that a parent took down. */
export function takenDownBy(parent: { readonly id: string; readonly status: JobStatus }): JobError {
  return { name: parentError, message: `Its parent ${parent.id} ended as ${parent.status}` };
}

// ── the state of a workflow ─────────────────────────────────────────────────────────────────────

export const workflowStatuses = ['running', 'completed', 'failed', 'cancelled'] as const;
/** How a workflow stands: it runs until all of its jobs have ended; the worst ending is its own. */
export type WorkflowStatus = (typeof workflowStatuses)[number];

export type JobCounts = Readonly<Record<JobStatus, number>>;

/** What the states of its jobs make of a workflow: the first state here in which there is a job decides. */
export const workflowOutcomes: readonly (readonly [JobStatus, WorkflowStatus])[] = [
  ...statuses.filter((status) => !isFinal(status)).map((status) => [status, 'running'] as const),
  ['failed', 'failed'],
  ['timeout', 'failed'],
  ['cancelled', 'cancelled'],
  ['completed', 'completed'],
];

export function workflowStatus(jobs: JobCounts): WorkflowStatus {
  return workflowOutcomes.find(([status]) => jobs[status] > 0)?.[1] ?? 'completed';
}

export interface WorkflowRecord extends NewWorkflow {
  readonly status: WorkflowStatus;
  readonly jobs: JobCounts;
  readonly createdAtMs: number;
  readonly completedAtMs: number | null;
}

/** There is no such workflow. */
export function workflowNotFound(id: string): GigqError {
  return new GigqError('job_not_found', `There is no workflow ${id}`, {
    hint: 'Check the id; `gigq workflow list` shows the workflows there are. Cleared ones are gone for good.',
  });
}

// ── cycles ──────────────────────────────────────────────────────────────────────────────────────

/** A job and what it waits for. */
export interface Linked {
  readonly id: string;
  readonly parents: readonly string[];
}

/**
 * The ids along a cycle, each a parent of the one before, the first again at the end; undefined if there is none.
 * Parents that are not among the jobs are no part of one.
 */
export function findCycle(jobs: readonly Linked[]): readonly string[] | undefined {
  const parentsOf = new Map<string, readonly string[]>();
  // The same job twice is stored once: the first counts.
  for (const { id, parents } of jobs) if (!parentsOf.has(id)) parentsOf.set(id, parents);
  const stuck = withoutOrder(parentsOf);
  const [start] = stuck;
  if (start === undefined) return undefined;
  // Every job that is stuck has a parent that is: whoever follows those comes back to where they were.
  const path: string[] = [];
  const places = new Map<string, number>();
  let at = start;
  while (!places.has(at)) {
    places.set(at, path.length);
    path.push(at);
    at = parentsOf.get(at)?.find((parent) => stuck.has(parent)) ?? at;
  }
  return [...path.slice(places.get(at)), at];
}

/** The jobs that are left when those whose parents have all been taken are taken, again and again. */
function withoutOrder(parentsOf: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const waitingFor = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const [id, parents] of parentsOf) {
    const known = parents.filter((parent) => parentsOf.has(parent));
    waitingFor.set(id, known.length);
    for (const parent of known) {
      const siblings = dependents.get(parent);
      if (siblings === undefined) dependents.set(parent, [id]);
      else siblings.push(id);
    }
  }
  const ready = [...parentsOf.keys()].filter((id) => waitingFor.get(id) === 0);
  for (const id of ready) {
    waitingFor.delete(id);
    for (const child of dependents.get(id) ?? []) {
      const left = (waitingFor.get(child) ?? 0) - 1;
      waitingFor.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  return new Set(waitingFor.keys());
}
