/** Entries of a log as lines: JSON for machines, colours for people. Formatting never throws. */
import { createColors } from 'picocolors';
import { describeError } from '../core/describe-error.ts';
import type { JobError } from '../core/job.ts';
import { preview } from '../core/preview.ts';
import type { Level } from './logger.ts';

export interface Entry {
  readonly time: Date;
  readonly level: Level;
  readonly fields: object;
  readonly message: string | undefined;
}

/** One JSON object on one line: time, level and message, then the fields. */
export function jsonLine({ time, level, fields, message }: Entry): string {
  const own = { time: time.toISOString(), level, message };
  // What every reader of the log relies on comes last, so that no field can replace it.
  const all = { ...own, ...described(fields), ...without(own) };
  const pairs = Object.entries(without(all)).map(([key, value]) => `${json(key)}:${json(value)}`);
  return `{${pairs.join(',')}}`;
}

/** Time, level, message and `key=value` on one line; then the stacks of the errors among the fields. */
export function prettyLine({ time, level, fields, message }: Entry, isColoured: boolean): string {
  const paint = createColors(isColoured);
  const colours = { debug: paint.gray, info: paint.cyan, warn: paint.yellow, error: paint.red };
  const shown = described(fields);
  const words = Object.entries(without(shown)).map(
    ([key, value]) => `${paint.dim(`${safe(key)}=`)}${word(value)}`,
  );
  const head = [paint.dim(clock(time)), colours[level](level.toUpperCase().padEnd(5))];
  const line = [...head, ...(message === undefined ? [] : [safe(message)]), ...words].join(' ');
  const stacks = Object.values(shown).filter(isDescribed).flatMap(frames);
  return [line, ...stacks.map((frame) => paint.dim(`    ${safe(frame)}`))].join('\n');
}

/** The fields with every error among them as plain data: an error alone would be written as {}. */
function described(fields: object): Readonly<Record<string, unknown>> {
  if (fields instanceof Error) return { err: describeError(fields) };
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Error ? describeError(value) : value,
    ]),
  );
}

/** Without what is undefined, as JSON has it. */
function without(fields: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? JSON.stringify(preview(value));
  } catch {
    return JSON.stringify(preview(value));
  }
}

function clock(time: Date): string {
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${text}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

const bareWord = /^[\w.:/@-]+$/u;

function word(value: unknown): string {
  if (isDescribed(value)) return safe(json(`${value.name}: ${value.message}`));
  return typeof value === 'string' && bareWord.test(value) ? value : safe(json(value));
}

function isDescribed(value: unknown): value is JobError {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

function frames(error: JobError): readonly string[] {
  const own = (error.stack ?? '')
    .split('\n')
    .slice(1)
    .map((frame) => frame.trim());
  const { cause } = error;
  return cause ? [...own, `caused by ${cause.name}: ${cause.message}`, ...frames(cause)] : own;
}

const unsafe = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Text from a job must not move the cursor of a terminal, change its colours or the order of what is read. */
function safe(text: string): string {
  return text.replaceAll(unsafe, (character) => escapes[character] ?? codePoint(character));
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function codePoint(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
