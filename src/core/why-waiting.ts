/** Why a job waits: for its parents, for its time, or for a worker. */
import { at, describe, goneHow, type Reason, reason, said, some } from './reason.ts';
import {
  aheadMax,
  type Candidate,
  isLive,
  isLone,
  isReady,
  knows,
  serves,
  type Standing,
} from './standing.ts';
import type { JobStatus } from './state.ts';
import { suspicion } from './why-suspect.ts';

export function explainBlocked(standing: Standing): readonly Reason[] {
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

export function explainScheduled(standing: Standing): readonly Reason[] {
  const { job, nowMs } = standing;
  const when = at(job.runAtMs, nowMs);
  const attempt = `attempt ${job.attempts + 1} of ${job.maxAttempts}`;
  const last = job.error === null ? '' : `: ${attempt}, after ${said(job)}`;
  // A claim is what makes a due job ready: that none came is explained as for a ready one.
  if (isReady(job, nowMs))
    return [reason('due', `It was due at ${when}${last}.`), ...explainPending(standing)];
  return [reason('scheduled', `It is scheduled for ${when}${last}.`)];
}

export function explainPending(standing: Standing): readonly Reason[] {
  const { job, workers, nowMs } = standing;
  const living = workers.filter((worker) => isLive(worker, nowMs));
  const knowing = living.filter((worker) => knows(worker, job));
  const suspect = asSuspect(standing);
  if (knowing.length === 0) return [noWorker(standing), ...suspect];
  const serving = knowing.filter((worker) => serves(worker, job));
  if (serving.length === 0) {
    const message = `No live worker that knows the task '${job.task}' serves the queue '${job.queue}'. Start one for that queue.`;
    return [reason('no_worker_for_queue', message), ...suspect];
  }
  return [
    ...explainOrder(standing),
    ...explainTurn(standing, serving),
    ...asSuspect(standing, serving),
  ];
}

/** A worker that runs a suspect beside other jobs takes no second one. */
function explainTurn({ job }: Standing, serving: readonly Candidate[]): readonly Reason[] {
  const able = serving.filter(
    ({ moduleTasks, hasLoneSuspect }) => !(hasLoneSuspect && isLone(moduleTasks, job)),
  );
  if (able.length > 0) return explainSlots(able);
  const who = some(serving.map((worker) => worker.label));
  const message = `Each of its workers (${who}) runs another suspect now, and takes one at a time.`;
  return [reason('suspects_busy', message)];
}

function asSuspect(standing: Standing, serving: readonly Candidate[] = []): readonly Reason[] {
  const { job } = standing;
  if (!job.suspect) return [];
  const isAlone =
    serving.length > 0 && serving.every(({ moduleTasks }) => isLone(moduleTasks, job));
  const how = isAlone
    ? 'No process of its own can import its task, which its workers know only as an object: so each of them runs one suspect at a time.'
    : 'It is run in a process of its own, so that another crash shows whether it is the cause.';
  return [reason('suspect', `It waits as a suspect. ${suspicion(standing)} ${how}`)];
}

function noWorker({ job, workers, nowMs }: Standing): Reason {
  const others = workers.filter((worker) => knows(worker, job));
  const gone = others.map((worker) => `${worker.label} ${goneHow(worker, nowMs)}`);
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
  const who = some(workers.map((worker) => worker.label));
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
