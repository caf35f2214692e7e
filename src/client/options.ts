/**
 * The door: what users pass as options is checked here, once, by tables of checks. An option that is not in the
 * table is refused, so that a typo is no silent default. Nothing is checked again between the rooms.
 */
import { durationMs } from '../core/duration.ts';
import { GigqError } from '../core/errors.ts';
import { preview } from '../core/preview.ts';
import { truncateUtf8 } from '../core/utf8.ts';

/** Throws if the value is wrong; `name` says which one it is. */
export type Check = (value: unknown, name: string) => void;

/** A check for every option of a type. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check };

/** Checks a whole object of options; `where` begins every message: 'Job', "task 'greet'", 'listJobs()'. */
export function checkOptions<Options extends object>(
  checks: Checks<Options>,
  options: unknown,
  where: string,
): asserts options is Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refusal(where, 'an object of options', options);
  }
  // Inherited options count: they are read like any others.
  for (const name in options) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (!Object.hasOwn(checks, name)) throw unknownOption(checks, name, where);
    if (value !== undefined) checks[name as keyof Options](value, `${where}: ${name}`);
  }
}

/** Refuses two options that say the same thing in two ways. */
export function refuseBoth(options: object, pair: readonly [string, string], where: string): void {
  const [first, second] = pair;
  const given = options as Readonly<Record<string, unknown>>;
  if (given[first] === undefined || given[second] === undefined) return;
  throw new GigqError('invalid_option', `${where}: expected ${first} or ${second}, got both`);
}

/** The error for a value that is not what was expected. */
export function refusal(name: string, expected: string, value: unknown): GigqError {
  return new GigqError('invalid_option', `${name}: expected ${expected}, got ${shown(value)}`);
}

function unknownOption(checks: object, name: string, where: string): GigqError {
  const valid = Object.keys(checks).toSorted().join(', ');
  return new GigqError('invalid_option', `${where}: unknown option ${shown(name)}`, {
    hint: valid === '' ? 'No option can be given here.' : `The options there are: ${valid}.`,
  });
}

const shownBytes = 100;

function shown(value: unknown): string {
  const short = truncateUtf8(preview(value), shownBytes);
  return typeof value === 'string' && value !== '' ? `'${short}'` : short;
}

// ── checks ──────────────────────────────────────────────────────────────────────────────────────

export const boolean: Check = (value, name) => {
  if (typeof value !== 'boolean') throw refusal(name, 'true or false', value);
};

export function integer(min: number = -Infinity, max: number = Infinity): Check {
  return (value, name) => {
    const fits = Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
    if (!fits) throw refusal(name, `an integer${range(min, max)}`, value);
  };
}

function range(min: number, max: number): string {
  if (max !== Infinity) return ` from ${min} to ${max}`;
  return min === -Infinity ? '' : ` of at least ${min}`;
}

export function oneOf(...values: readonly string[]): Check {
  return (value, name) => {
    if (typeof value === 'string' && values.includes(value)) return;
    throw refusal(name, values.map((each) => `'${each}'`).join(' or '), value);
  };
}

const lineBreaking = /\p{Cc}/u;

/** A text for one line: a name, a label, an id. */
export function line(maxLength: number): Check {
  return (value, name) => {
    const fits = isText(value, maxLength) && value !== '' && !lineBreaking.test(value);
    if (fits) return;
    throw refusal(name, `a text of 1 to ${maxLength} characters on one line`, value);
  };
}

/** Any text that every store can hold. */
export function text(maxLength: number): Check {
  return (value, name) => {
    if (isText(value, maxLength) && !value.includes('\0')) return;
    throw refusal(name, `a text of at most ${maxLength} characters`, value);
  };
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength && value.isWellFormed();
}

export const durationOption: Check = (value, name) => {
  durationMs(value as string, name);
};

/** A duration that must not be zero. */
export const positiveDuration: Check = (value, name) => {
  if (durationMs(value as string, name) <= 0) throw refusal(name, 'more than no time', value);
};

export const instant: Check = (value, name) => {
  if (!(value instanceof Date)) throw refusal(name, 'a Date', value);
  if (Number.isNaN(value.getTime())) throw refusal(name, 'a valid Date', 'Invalid Date');
};

export const abortSignal: Check = (value, name) => {
  if (!(value instanceof AbortSignal)) throw refusal(name, 'an AbortSignal', value);
};

/** Anything that can log: an object with the four methods of pino. */
export const logger: Check = (value, name) => {
  const methods = ['debug', 'info', 'warn', 'error'] as const;
  const can = (method: string): boolean =>
    typeof (value as Readonly<Record<string, unknown>> | null)?.[method] === 'function';
  if (!methods.every(can)) throw refusal(name, `a logger with ${methods.join(', ')}`, value);
};

export function listOf(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) throw refusal(name, 'an array', value);
    value.forEach((item: unknown, index) => check(item, `${name}[${index}]`));
  };
}

/** Options inside of options, by a table of their own. */
export function nested<Options extends object>(checks: Checks<Options>): Check {
  return (value, name) => checkOptions(checks, value, name);
}

/** Passes everything: what is behind the option is checked elsewhere. */
export const anything: Check = () => {};
