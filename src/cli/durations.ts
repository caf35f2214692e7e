/** Lengths of time as they are typed: a bare number has the unit that Python GigQ gives it. */
import type { Duration } from '../index.ts';
import { wrongUsage } from './failure.ts';

const bareNumber = /^\d+(?:\.\d+)?$/u;

function refusal(error: unknown, flag: string, unit: 's' | 'd'): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === 'invalid_duration'))
    return error;
  const reason = error.message.replace(/^duration: /u, '');
  return wrongUsage(`${flag}: ${reason}`, `A bare number is ${unit === 's' ? 'seconds' : 'days'}.`);
}

/** Reads the value of an option; a bare number is seconds, or what `unit` says. */
export async function readDuration(
  flag: string,
  value: string,
  unit: 's' | 'd' = 's',
): Promise<Duration> {
  const { duration } = await import('../index.ts');
  try {
    return duration(bareNumber.test(value) ? `${value}${unit}` : value);
  } catch (error) {
    throw refusal(error, flag, unit);
  }
}

/** As `readDuration`, for an option that may be missing. */
export async function readOptionalDuration(
  flag: string,
  value: string | undefined,
): Promise<Duration | undefined> {
  return value === undefined ? undefined : await readDuration(flag, value);
}

const zero = /^0+(?:\.0+)?[a-z]*$/u;

/** A limit of time; 'false' is none. */
export async function readTimeout(
  flag: string,
  value: string | undefined,
): Promise<Duration | false | undefined> {
  if (value === 'false') return false;
  if (value !== undefined && zero.test(value)) {
    throw wrongUsage(
      `${flag}: ${value} leaves no time to run`,
      `For no limit write ${flag} false.`,
    );
  }
  return readOptionalDuration(flag, value);
}
