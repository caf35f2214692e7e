/** Lengths of time: strings with a unit in, milliseconds out. */
import { type Duration, explainDuration, parseDuration, units } from './duration-grammar.ts';
import { GigqError } from './errors.ts';
import { limits } from './limits.ts';

export type { Duration } from './duration-grammar.ts';

// A program writes few different durations and reads them for every job.
const known = new Map<unknown, number>();
const knownMax = 256;

/**
 * Milliseconds of a duration, rounded to whole ones.
 * @throws {GigqError} `invalid_duration`, naming the option and what to write.
 */
export function durationMs(value: string, name: string): number {
  return known.get(value) ?? read(value, name);
}

function read(value: unknown, name: string): number {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms === undefined) throw new GigqError('invalid_duration', explainDuration(value, name));
  if (known.size >= knownMax) known.clear();
  known.set(value, ms);
  return ms;
}

/**
 * Checks a duration that comes from outside the program, such as '5s' or a number of milliseconds.
 * @throws {GigqError} `invalid_duration`
 * @example
 * const grace = duration(process.env.GRACE ?? '20s');
 */
export function duration(value: string | number): Duration {
  const text = typeof value === 'number' && isLength(value) ? `${Math.round(value)}ms` : value;
  read(text, 'duration');
  return text as Duration;
}

function isLength(ms: number): boolean {
  return ms >= 0 && ms <= limits.durationMs;
}

/** Milliseconds as a person writes them: '250ms', '1.5s', '1m30s', '2d'. Reads back as the same length. */
export function formatDuration(ms: number): string {
  let left = Math.round(ms);
  if (left < 1000) return `${left}ms`;
  let text = '';
  for (const [unit, unitMs] of units.slice(0, 3)) {
    const count = Math.floor(left / unitMs);
    if (count > 0) text += `${count}${unit}`;
    left %= unitMs;
  }
  return left > 0 ? `${text}${left / 1000}s` : text;
}
