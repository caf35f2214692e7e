/** Jobs that may end the processes that they run in: the database is well, but somebody should know. */
import { limits } from '../core/limits.ts';
import { advice, type Finding, some } from './doctor.ts';

/** A job that has not ended, and is a suspect or near the end of a budget. */
export interface Accused {
  readonly id: string;
  readonly task: string;
  readonly crashes: number;
  readonly expiries: number;
  readonly suspect: number;
}

/** The crashes and the expired leases from which on a job is near the end of its budget. */
export const nearTheEnd = { crashes: limits.crashes - 1, expiries: limits.expiries - 1 };

export function findCrashes(jobs: readonly Accused[]): Finding[] {
  const suspects = jobs.filter(({ suspect }) => suspect === 1).map(nameOf);
  const last = jobs.filter(isNearTheEnd).map((job) => `${nameOf(job)}: ${countOf(job)}`);
  return [...aboutSuspects(suspects), ...aboutBudgets(last)];
}

function aboutSuspects(names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  const hint =
    'They are run in processes of their own, so that another crash shows the cause; a run that comes to its own end clears them. gigq why <id> tells of each.';
  return [advice('suspects', `Jobs that may have ended a process: ${some(names)}`, { hint })];
}

function aboutBudgets(names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  const hint =
    'See what they do before it is too late: gigq status <id> --show-executions. gigq requeue <id> runs one again that has failed so.';
  const message = `Jobs that fail with the next crash or expired lease: ${some(names)}`;
  return [advice('crash_budget', message, { hint })];
}

function nameOf({ id, task }: Accused): string {
  return `${id} (${task})`;
}

function isNearTheEnd({ crashes, expiries }: Accused): boolean {
  return crashes >= nearTheEnd.crashes || expiries >= nearTheEnd.expiries;
}

function countOf({ crashes, expiries }: Accused): string {
  return crashes >= nearTheEnd.crashes
    ? `${crashes} of ${limits.crashes} crashes`
    : `${expiries} of ${limits.expiries} expired leases`;
}
