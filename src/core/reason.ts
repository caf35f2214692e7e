/** Reasons, and how they name jobs, workers and instants. */
import { formatDuration } from './duration.ts';
import type { JobRecord } from './job.ts';
import type { Candidate, Relative } from './standing.ts';
import type { JobStatus } from './state.ts';

/** One reason why a job is where it is. */
export interface Reason {
  /** What kind of reason it is, for programs. */
  readonly code: string;
  /** What to tell a person. */
  readonly message: string;
}

export function reason(code: string, message: string): Reason {
  return { code, message };
}

const endings: Partial<Record<JobStatus, string>> = {
  failed: 'failed',
  timeout: 'timed out',
  cancelled: 'was cancelled',
};

export function describe(relative: Relative): string {
  return `${label(relative)} ${endings[relative.status] ?? `is ${relative.status}`}`;
}

/** A job as a message names it. */
export function label({ id, name }: Pick<Relative, 'id' | 'name'>): string {
  return name === id ? id : `'${name}' (${id})`;
}

/** When a worker that claims no more was last heard of, or what has become of it. */
export function goneHow(
  { state, heartbeatAtMs }: Pick<Candidate, 'state' | 'heartbeatAtMs'>,
  nowMs: number,
): string {
  return state === 'active' ? `was last heard of at ${at(heartbeatAtMs, nowMs)}` : `is ${state}`;
}

/** The first few names, and whether there are more. */
export function some(names: readonly string[]): string {
  const first = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${first}, …` : first;
}

export function said({ error }: JobRecord): string {
  return error === null ? 'no error was recorded' : `${error.name}: ${error.message}`;
}

/** An instant, and how far it is from now. */
export function at(ms: number | null, nowMs: number): string {
  if (ms === null) return 'an unknown time';
  const distance = formatDuration(Math.max(1000, Math.round(Math.abs(ms - nowMs) / 1000) * 1000));
  return `${new Date(ms).toISOString()} (${ms > nowMs ? `in ${distance}` : `${distance} ago`})`;
}
