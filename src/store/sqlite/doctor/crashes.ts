/** Jobs that may end the processes that they run in: the database is well, but somebody should know. */
import { limits } from '../../../core/limits.ts';
import { finalStatuses } from '../../../core/state.ts';
import { advice, type Finding } from '../../doctor.ts';
import { listOf, some } from './rows.ts';
import type { Snapshot } from './snapshot.ts';

interface Accused {
  readonly id: string;
  readonly task: string;
  readonly crashes: number;
  readonly expiries: number;
  readonly suspect: number;
}

const accused = `SELECT job.id, lane.task, job.crashes, job.expiries, lane.suspect
  FROM gigq_jobs AS job JOIN gigq_lanes AS lane ON lane.id = job.lane
  WHERE job.status NOT IN ${listOf(finalStatuses)}
    AND (lane.suspect = 1 OR job.crashes >= ${limits.crashes - 1} OR job.expiries >= ${limits.expiries - 1})
  ORDER BY job.seq`;

export function checkCrashes(snapshot: Snapshot): Finding[] {
  const jobs = snapshot.query(accused) as unknown as readonly Accused[];
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
  return crashes >= limits.crashes - 1 || expiries >= limits.expiries - 1;
}

function countOf({ crashes, expiries }: Accused): string {
  return crashes >= limits.crashes - 1
    ? `${crashes} of ${limits.crashes} crashes`
    : `${expiries} of ${limits.expiries} expired leases`;
}
