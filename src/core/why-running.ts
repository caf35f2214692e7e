/** Where a job runs, for how long it may, and what will become of it there. */
import { parseDuration } from './duration-grammar.ts';
import { defaults } from './limits.ts';
import { at, goneHow, type Reason, reason } from './reason.ts';
import { type Candidate, isLive, isLone, isSilent, type Standing } from './standing.ts';
import { suspicion } from './why-suspect.ts';

export function explainRunning(standing: Standing): readonly Reason[] {
  return [running(standing), ...timeOver(standing), ...atWorker(standing), ...asSuspect(standing)];
}

function running({ job, holder, nowMs }: Standing): Reason {
  const { slot, attempts, maxAttempts, timeout } = job;
  const where = holder === null ? '' : ` (${nameOf(holder)})`;
  const limit = timeout === null ? 'no timeout' : `a timeout of ${timeout}`;
  const since = `since ${at(job.startedAtMs, nowMs)}, attempt ${attempts} of ${maxAttempts}`;
  return reason('running', `It runs at ${slot ?? 'a worker'}${where} ${since}, with ${limit}.`);
}

function nameOf({ label, host, pid }: Candidate): string {
  return `worker ${label}, process ${pid} on ${host}`;
}

/** What is known is when it was claimed; its handler may have begun later. */
function timeOver({ job, nowMs }: Standing): readonly Reason[] {
  const timeoutMs = (job.timeout === null ? undefined : parseDuration(job.timeout)) ?? Infinity;
  if (job.startedAtMs === null || nowMs - job.startedAtMs < timeoutMs) return [];
  const grace = `${defaults.graceMs / 1000} s`;
  const message = `Its timeout of ${job.timeout} is over, counted from its claim: its handler is asked to stop, and given ${grace} for that.`;
  return [reason('timeout_over', message)];
}

function atWorker(standing: Standing): readonly Reason[] {
  const { holder, nowMs } = standing;
  if (holder === null) {
    return [reason('lease_missing', 'No worker holds it: gigq doctor --fix makes it ready again.')];
  }
  if (holder.state === 'lost')
    return [reason('worker_lost', `Its worker is lost; ${successor(standing)}.`)];
  if (isSilent(holder, nowMs)) {
    const heard = `Its worker ${goneHow({ ...holder, state: 'active' }, nowMs)}`;
    return [reason('worker_silent', `${heard}; ${successor(standing)}.`)];
  }
  if (holder.state === 'active') return [];
  const message =
    'Its worker is stopping: it lets the job end until its deadline, then gives it back without using up an attempt.';
  return [reason('worker_stopping', message)];
}

function successor({ workers, nowMs }: Standing): string {
  return workers.some((worker) => isLive(worker, nowMs))
    ? 'any other worker will take the job over'
    : 'any other worker would take the job over, but none is live: start one';
}

function asSuspect(standing: Standing): readonly Reason[] {
  const { job, holder } = standing;
  if (!job.suspect) return [];
  const where =
    holder !== null && isLone(holder.moduleTasks, job)
      ? 'in the process of its worker, beside jobs that are none'
      : 'in a process of its own';
  return [reason('suspect', `It runs as a suspect, ${where}. ${suspicion(standing)}`)];
}
