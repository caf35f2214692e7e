/** Why a job does not run, or how it ended, in terms that a person can act on. */
import { crashLoopName } from './decide.ts';
import type { JobRecord } from './job.ts';
import { limits } from './limits.ts';
import { at, describe, type Reason, reason, said } from './reason.ts';
import type { Standing } from './standing.ts';
import type { JobStatus } from './state.ts';
import { explainRunning } from './why-running.ts';
import { explainBlocked, explainPending, explainScheduled } from './why-waiting.ts';

export function explain(standing: Standing): readonly Reason[] {
  const { status } = standing.job;
  return Object.hasOwn(explanations, status) ? explanations[status](standing) : unknown(status);
}

/** Somebody has written to the row. */
function unknown(status: string): readonly Reason[] {
  const message = `Its row says that it is '${status}', which is no state of a job: somebody has changed it. Set it right in the database, then run gigq doctor.`;
  return [reason('status_unknown', message)];
}

type Explanation = (standing: Standing) => readonly Reason[];

const explanations: Readonly<Record<JobStatus, Explanation>> = {
  blocked: explainBlocked,
  scheduled: explainScheduled,
  pending: explainPending,
  running: explainRunning,
  completed: ({ job, nowMs }) => [
    reason('completed', `It completed at ${at(job.completedAtMs, nowMs)}.`),
  ],
  failed: (standing) => explainBadEnd('failed', standing),
  timeout: (standing) => explainBadEnd('timed out', standing),
  cancelled: explainCancelled,
};

// ── ended ───────────────────────────────────────────────────────────────────────────────────────

function explainCancelled({ job, against, cause, nowMs }: Standing): readonly Reason[] {
  const when = at(job.completedAtMs, nowMs);
  if (cause === null) {
    const advice = against === null ? ' Requeue it to run it.' : '';
    return [
      reason('cancelled', `It was cancelled at ${when}.${advice}`),
      ...cannotComeBack(against),
    ];
  }
  const first = reason('parent_ended', `It was cancelled at ${when}: ${job.error?.message}.`);
  if (against !== null && against.status === null) return [first, ...cannotComeBack(against)];
  const message = `It began when ${describe(cause)}. Requeue that to bring it back.`;
  return [first, reason('requeue_parent', message)];
}

function cannotComeBack(against: Standing['against']): readonly Reason[] {
  if (against === null) return [];
  const what = against.status === null ? 'was cleared' : `ended as ${against.status}`;
  const advice = against.status === null ? '' : ' Requeue that first.';
  const message = `It cannot be requeued: its parent ${against.id} ${what}.${advice}`;
  return [reason('cannot_come_back', message)];
}

function explainBadEnd(how: string, { job, nowMs }: Standing): readonly Reason[] {
  if (isCrashLoop(job)) return explainCrashLoop(job, nowMs);
  const { status, attempts, maxAttempts, completedAtMs } = job;
  const when = `after attempt ${attempts} of ${maxAttempts}, at ${at(completedAtMs, nowMs)}`;
  return [reason(status, `It ${how} for good ${when}: ${said(job)}. Requeue it to run it again.`)];
}

function isCrashLoop({ error, crashes, expiries }: JobRecord): boolean {
  const isSpent = crashes >= limits.crashes || expiries >= limits.expiries;
  return isSpent && error?.name === crashLoopName;
}

function explainCrashLoop(job: JobRecord, nowMs: number): readonly Reason[] {
  const { id, crashes, expiries, error, completedAtMs } = job;
  const often =
    crashes >= limits.crashes
      ? `it ended the process that it ran in ${crashes} times`
      : `the workers that ran it were lost ${expiries} times`;
  const last = error?.cause === undefined ? '' : ` The last time: ${error.cause.message}.`;
  const look = `gigq status ${id} --show-executions shows each run; what the processes wrote is on the stderr of their workers.`;
  return [
    reason('crash_loop', `It was given up at ${at(completedAtMs, nowMs)}: ${often}.${last}`),
    reason('crash_advice', `${look} To run it again, with a new budget: gigq requeue ${id}.`),
  ];
}
