/** Why a job does not run, or how it ended, in terms that a person can act on. */
import { formatDuration } from './duration.ts';
import type { JobRecord } from './job.ts';
import type { JobStatus } from './state.ts';
import {
  aheadMax,
  type Candidate,
  isLive,
  isReady,
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
  failed: (standing) => explainBadEnd('failed', standing),
  timeout: (standing) => explainBadEnd('timed out', standing),
  cancelled: explainCancelled,
};

function reason(code: string, message: string): Reason {
  return { code, message };
}

// ── waiting ─────────────────────────────────────────────────────────────────────────────────────

function explainBlocked(standing: Standing): readonly Reason[] {
  const { parents, parentCount, onParentFailure, isCutShort } = standing;
  const shown = parents.map(describe).join(', ');
  const more = parentCount > parents.length ? `, and ${parentCount - parents.length} more` : '';
  const noun = parentCount === 1 ? 'its parent' : `${parentCount} parents`;
  const waits = reason('parents', `It waits for ${noun}: ${shown}${more}.`);
  const bad = parents.find(({ status }) => isBad(status));
  if (isCutShort) return [waits, reason('search_ended', searchEnded)];
  if (bad === undefined || onParentFailure !== 'wait') return [waits];
  const advice = `Its parent ${describe(bad)}, and it waits on by onParentFailure 'wait'. Requeue that parent, or cancel this job.`;
  return [waits, reason('parent_ended', advice)];
}

const searchEnded =
  'It waits behind thousands of jobs, so the search for what they all wait for was ended; ask for one of its parents.';

function isBad(status: JobStatus): boolean {
  return status === 'failed' || status === 'timeout' || status === 'cancelled';
}

const endings: Partial<Record<JobStatus, string>> = {
  failed: 'failed',
  timeout: 'timed out',
  cancelled: 'was cancelled',
};

function describe(relative: Relative): string {
  return `${label(relative)} ${endings[relative.status] ?? `is ${relative.status}`}`;
}

/** A job as a message names it. */
export function label({ id, name }: Pick<Relative, 'id' | 'name'>): string {
  return name === id ? id : `'${name}' (${id})`;
}

function explainScheduled(standing: Standing): readonly Reason[] {
  const { job, nowMs } = standing;
  const when = at(job.runAtMs, nowMs);
  const attempt = `attempt ${job.attempts + 1} of ${job.maxAttempts}`;
  const last = job.error === null ? '' : `: ${attempt}, after ${said(job)}`;
  // A claim is what makes a due job ready: that none came is explained as for a ready one.
  if (isReady(job, nowMs))
    return [reason('due', `It was due at ${when}${last}.`), ...explainPending(standing)];
  return [reason('scheduled', `It is scheduled for ${when}${last}.`)];
}

function explainPending(standing: Standing): readonly Reason[] {
  const { job, workers, nowMs } = standing;
  const living = workers.filter((worker) => isLive(worker, nowMs));
  const knowing = living.filter((worker) => knows(worker, job));
  if (knowing.length === 0) return [noWorker(standing)];
  const serving = knowing.filter((worker) => serves(worker, job));
  if (serving.length === 0) {
    const message = `No live worker that knows the task '${job.task}' serves the queue '${job.queue}'. Start one for that queue.`;
    return [reason('no_worker_for_queue', message)];
  }
  return [...explainOrder(standing), ...explainSlots(serving)];
}

function noWorker({ job, workers, nowMs }: Standing): Reason {
  const others = workers.filter((worker) => knows(worker, job));
  const gone = others.map((worker) => `${worker.label} ${goneHow(worker, nowMs)}`);
  const detail = gone.length === 0 ? '' : ` (${gone.slice(0, 3).join(', ')})`;
  const message = `No live worker knows the task '${job.task}'${detail}. Start one: gigq worker --tasks <module>.`;
  return reason('no_worker_for_task', message);
}

function goneHow({ state, heartbeatAtMs }: Candidate, nowMs: number): string {
  return state === 'active' ? `was last heard of at ${at(heartbeatAtMs, nowMs)}` : `is ${state}`;
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
      `It is ready for ${who}, with ${slots - running} of ${slots} slots free: a worker that is running takes it at once.`,
    ),
  ];
}

// ── running and ended ───────────────────────────────────────────────────────────────────────────

function explainRunning({ job, workers, nowMs }: Standing): readonly Reason[] {
  const { slot, attempts, maxAttempts } = job;
  const since = `since ${at(job.startedAtMs, nowMs)}, attempt ${attempts} of ${maxAttempts}`;
  const running = reason('running', `It runs at ${slot ?? 'a worker'} ${since}.`);
  const isHere = ({ label: name }: Candidate): boolean =>
    slot === name || slot?.startsWith(`${name}-`) === true;
  const worker = workers.findLast((each) => each.running > 0 && isHere(each));
  if (worker === undefined || nowMs - worker.heartbeatAtMs <= worker.leaseMs) return [running];
  const heard = `Its worker ${goneHow({ ...worker, state: 'active' }, nowMs)}`;
  return [running, reason('worker_silent', `${heard}; any other worker will take the job over.`)];
}

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
  const { status, attempts, maxAttempts, completedAtMs } = job;
  const when = `after attempt ${attempts} of ${maxAttempts}, at ${at(completedAtMs, nowMs)}`;
  return [reason(status, `It ${how} for good ${when}: ${said(job)}. Requeue it to run it again.`)];
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
