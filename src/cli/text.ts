/** Values as people read them. */
import type { JobError, JobStatus } from '../index.ts';
import { escapeLine } from './escape.ts';
import { type Colors, colorsOf } from './output.ts';

/** The local time, to the second. */
export function formatTime(date: Date | null): string {
  if (date === null) return '-';
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}

const steps = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** What is said of a thing, line by line. */
export type Line = readonly [label: string, value: string];

export function formatLines(lines: readonly Line[]): string {
  const { bold } = colorsOf(process.stdout);
  return lines.map(([label, value]) => `${bold(`${label}:`)} ${value}`).join('\n');
}

/** A line for an instant, if it has come. */
export function timeLine(label: string, date: Date | null): readonly Line[] {
  return date === null ? [] : [[label, formatTime(date)]];
}

/** A length of time in its largest unit: '3s', '5m', '2h', '4d'. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const step = steps.find(([, length]) => seconds >= length);
  return step === undefined ? `${seconds}s` : `${Math.floor(seconds / step[1])}${step[0]}`;
}

/** What went wrong and what caused it, on one line. */
export function formatJobError({ name, message, cause }: JobError): string {
  const own = name === 'Error' && message !== '' ? message : `${name}: ${message}`;
  return escapeLine(own) + (cause === undefined ? '' : ` (caused by ${formatJobError(cause)})`);
}

const statusColors = {
  blocked: 'yellow',
  scheduled: 'yellow',
  pending: null,
  running: 'cyan',
  completed: 'green',
  failed: 'red',
  timeout: 'red',
  cancelled: 'dim',
} as const satisfies Record<JobStatus, keyof Colors | null>;

/** Every status, in the order of a job's life. */
export const statuses = Object.keys(statusColors) as readonly JobStatus[];

/** The status in its colour; one that this version does not know has none. */
export function paintStatus(status: JobStatus): string {
  const color = Object.hasOwn(statusColors, status) ? statusColors[status] : null;
  return color === null ? status : colorsOf(process.stdout)[color](status);
}
