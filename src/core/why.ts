/** Why a job does not run, or how it ended, in terms that a person can act on. */
import { formatDuration } from './duration.ts';
import type { JobRecord } from './job.ts';
import type { JobStatus } from './state.ts';
import {
  aheadMax,
  type Candidate,
  knows,
  type Relative,
  serves,
  type Standing,
} from './standing.ts';

export interface Reason {
  readonly code: string;
  readonly message: string;
}

export function explain(standing: Standing): readonly Reason[] {
  return explanations[standing.job.status](standing);
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
  failed: ({ job, nowMs }) => [
    reason(
      'failed',
      `It failed for good ${ranOut(job)}, at ${at(job.completedAtMs, nowMs)}: ${said(job)}. Requeue it to run it again.`,
    ),
  ],
  timeout: ({ job, nowMs }) => [
    reason(
      'timeout',
      `It timed out for good ${ranOut(job)}, at ${at(job.completedAtMs, nowMs)}: ${said(job)}. Requeue it to run it again.`,
    ),
  ],
  cancelled: explainCancelled,
};

function reason(code: string, message: string): Reason {
  return { code, message };
}

// ── waiting ─────────────────────────────────────────────────────────────────────────────────────

function explainBlocked({ parents, parentCount, onParentFailure }: Standing): readonly Reason[] {
  const shown = parents.map(describe).join(', ');
  const more = parentCount > parents.length ? `, and ${parentCount - parents.length} more` : '';
  const noun = parentCount === 1 ? 'its parent' : `${parentCount} parents`;
  const waits = reason('parents', `It waits for ${noun}: ${shown}${more}.`);
  const bad = parents.find(({ status }) => isBad(status));
  if (bad === undefined || onParentFailure !== 'wait') return [waits];
  const advice = `Its parent ${label(bad)} ended as ${bad.status}, and it waits on by onParentFailure 'wait'. Requeue that parent, or cancel this job.`;
  return [waits, reason('parent_ended', advice)];
}

function isBad(status: JobStatus): boolean {
  return status === 'failed' || status === 'timeout' || status === 'cancelled';
}

function describe(relative: Relative): string {
  return `${label(relative)} is ${relative.status}`;
}

/** A job as a message names it. */
export function label({ id, name }: Pick<Relative, 'id' | 'name'>): string {
  return name === id ? id : `'${name}' (${id})`;
}

function explainScheduled({ job, nowMs }: Standing): readonly Reason[] {
  const due = `It is scheduled for ${at(job.runAtMs, nowMs)}`;
  if (job.attempts === 0) return [reason('scheduled', `${due}.`)];
  return [
    reason(
      'scheduled',
      `${due}: attempt ${job.attempts + 1} of ${job.maxAttempts}, after ${said(job)}.`,
    ),
  ];
}

function explainPending(standing: Standing): readonly Reason[] {
  const { job, workers } = standing;
  const living = workers.filter(({ state }) => state === 'active');
  const knowing = living.filter((worker) => knows(worker, job));
  if (knowing.length === 0) return [noWorker(standing)];
  const serving = knowing.filter((worker) => serves(worker, job));
  if (serving.length === 0) {
    const message = `No live worker that knows the task '${job.task}' serves the queue '${job.queue}'. Start one for that queue.`;
    return [reason('no_worker_for_queue', message)];
  }
  return [...explainOrder(standing), ...explainSlots(serving)];
}

function noWorker({ job, workers }: Standing): Reason {
  const others = workers.filter((worker) => worker.state !== 'active' && knows(worker, job));
  const gone = others.map((worker) => `${worker.label} is ${worker.state}`);
  const detail = gone.length === 0 ? '' : ` (${gone.slice(0, 3).join(', ')})`;
  const message = `No live worker knows the task '${job.task}'${detail}. Start one: gigq worker --tasks <module>.`;
  return reason('no_worker_for_task', message);
}

function explainOrder({ ahead: { higher, earlier } }: Standing): readonly Reason[] {
  if (higher + earlier === 0) return [];
  const counts = [
    higher > 0 ? `${count(higher)} of higher priority` : '',
    earlier > 0 ? `${count(earlier)} that came first` : '',
  ].filter((text) => text !== '');
  return [reason('behind', `It is behind ${counts.join(' and ')}.`)];
}

function count(jobs: number): string {
  if (jobs >= aheadMax) return `at least ${aheadMax} jobs`;
  return jobs === 1 ? '1 job' : `${jobs} jobs`;
}

function explainSlots(workers: readonly Candidate[]): readonly Reason[] {
  const slots = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const names = workers.slice(0, 3).map((worker) => worker.label);
  const who = workers.length > names.length ? `${names.join(', ')}, …` : names.join(', ');
  if (running >= slots) {
    return [reason('slots_busy', `All ${slots} slots of its workers are taken (${who}).`)];
  }
  return [
    reason(
      'ready',
      `It is ready: ${who} will take it, with ${slots - running} of ${slots} slots free.`,
    ),
  ];
}

// ── running and ended ───────────────────────────────────────────────────────────────────────────

function explainRunning({ job, nowMs }: Standing): readonly Reason[] {
  const attempt = `attempt ${job.attempts} of ${job.maxAttempts}`;
  return [
    reason(
      'running',
      `It runs at ${job.slot ?? 'a worker'} since ${at(job.startedAtMs, nowMs)}, ${attempt}.`,
    ),
  ];
}

function explainCancelled({ job, against, isTakenDown, nowMs }: Standing): readonly Reason[] {
  const when = at(job.completedAtMs, nowMs);
  if (!isTakenDown) {
    const advice = against === null ? ' Requeue it to run it.' : '';
    return [
      reason('cancelled', `It was cancelled at ${when}.${advice}`),
      ...cannotComeBack(against),
    ];
  }
  const first = reason('parent_ended', `It was cancelled at ${when}: ${job.error?.message}.`);
  if (against !== null && against.status === null) return [first, ...cannotComeBack(against)];
  const parent = against === null ? 'that parent' : `parent ${against.id}`;
  return [first, reason('requeue_parent', `Requeue ${parent} to bring it back.`)];
}

function cannotComeBack(against: Standing['against']): readonly Reason[] {
  if (against === null) return [];
  const what = against.status === null ? 'was cleared' : `ended as ${against.status}`;
  const advice = against.status === null ? '' : ' Requeue that first.';
  const message = `It cannot be requeued: its parent ${against.id} ${what}.${advice}`;
  return [reason('cannot_come_back', message)];
}

function ranOut({ attempts, maxAttempts }: JobRecord): string {
  return `after ${attempts} of ${maxAttempts} attempts`;
}

function said({ error }: JobRecord): string {
  return error === null ? 'no error was recorded' : `${error.name}: ${error.message}`;
}

/** An instant, and how far it is from now. */
function at(ms: number | null, nowMs: number): string {
  if (ms === null) return 'an unknown time';
  const distance = formatDuration(Math.max(1000, Math.round(Math.abs(ms - nowMs) / 1000) * 1000));
  return `${new Date(ms).toISOString()} (${ms > nowMs ? `in ${distance}` : `${distance} ago`})`;
}
