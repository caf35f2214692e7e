/** Whatever was thrown, as bounded plain data. Reading it never throws. */
import type { JobError } from './job.ts';
import { limits } from './limits.ts';
import { attempt, className, preview, property } from './preview.ts';
import { truncateUtf8, utf8Length } from './utf8.ts';

/** What a chain of causes may still take; the error itself comes first and takes what it needs. */
interface Budget {
  messageBytes: number;
  stackBytes: number;
  depth: number;
  readonly seen: Set<unknown>;
}

const nameBytes = 128;
const lineBytes = 200;
const membersShown = 10;

/**
 * What was thrown, for the record of a job: its name, message, stack and causes, the whole chain within the
 * limits. What is no error gets the name 'NonError' and a description of the value as its message.
 */
export function describeError(thrown: unknown): JobError {
  const { errorBytes, stackBytes, errorDepth } = limits;
  return describe(thrown, {
    messageBytes: errorBytes,
    stackBytes,
    depth: errorDepth,
    seen: new Set(),
  });
}

function describe(thrown: unknown, budget: Budget): JobError {
  budget.seen.add(thrown);
  budget.depth -= 1;
  const message = truncateUtf8(messageOf(thrown), budget.messageBytes);
  budget.messageBytes -= utf8Length(message);
  if (!isError(thrown)) return { name: 'NonError', message };
  const stack = stackOf(thrown, budget);
  const cause = causeOf(thrown, budget);
  return {
    name: nameOf(thrown),
    message,
    ...(stack !== undefined && { stack }),
    ...(cause && { cause }),
  };
}

/** An error by its looks: one of another realm is no instance of this one's Error. */
function isError(thrown: unknown): boolean {
  if (attempt(() => thrown instanceof Error) === true) return true;
  const isObject = typeof thrown === 'object' && thrown !== null;
  return isObject && ['name', 'message'].every((key) => typeof property(thrown, key) === 'string');
}

function nameOf(error: unknown): string {
  const name = property(error, 'name');
  const isNamed = typeof name === 'string' && name !== '' && name !== 'Error';
  if (isNamed) return truncateUtf8(name, nameBytes);
  // A class that extends Error without naming itself still says what it is by its constructor.
  const type = className(error);
  return type.endsWith('Error') ? type : 'Error';
}

function messageOf(thrown: unknown): string {
  if (!isError(thrown)) return preview(thrown);
  const own = property(thrown, 'message') ?? '';
  const text = typeof own === 'string' ? own : preview(own);
  const members = membersOf(thrown);
  if (members.length === 0) return text === '' ? withoutMessage(thrown) : text;
  const several = describeMembers(members);
  return text === '' ? several : `${truncateUtf8(text, limits.errorBytes / 2)} (${several})`;
}

function withoutMessage(error: unknown): string {
  const code = property(error, 'code');
  const suffix = typeof code === 'string' || typeof code === 'number' ? `, code ${code}` : '';
  return truncateUtf8(`${nameOf(error)} without a message${suffix}`, lineBytes);
}

/** The errors that an error stands for: those of an AggregateError, or both of a SuppressedError. */
function membersOf(error: unknown): readonly unknown[] {
  const name = nameOf(error);
  if (name === 'SuppressedError') return ['error', 'suppressed'].map((key) => property(error, key));
  const errors = property(error, 'errors');
  const isAggregate = name === 'AggregateError';
  return (isAggregate && attempt(() => Array.isArray(errors) && [...(errors as unknown[])])) || [];
}

function describeMembers(members: readonly unknown[]): string {
  const shown = members.slice(0, membersShown).map(lineOf);
  const rest = members.length - shown.length;
  return `${members.length} errors: ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}

function lineOf(error: unknown): string {
  const message = property(error, 'message');
  const isPlain = !isError(error) || typeof message !== 'string';
  return truncateUtf8(isPlain ? preview(error) : `${nameOf(error)}: ${message}`, lineBytes);
}

function stackOf(error: unknown, budget: Budget): string | undefined {
  const stack = property(error, 'stack');
  if (typeof stack !== 'string' || stack === '' || budget.stackBytes < lineBytes) return undefined;
  const bounded = truncateUtf8(withShortMessage(stack, error), budget.stackBytes);
  budget.stackBytes -= utf8Length(bounded);
  return bounded;
}

/** A stack begins with the message: a long one would leave no room for the frames. */
function withShortMessage(stack: string, error: unknown): string {
  const message = property(error, 'message');
  if (typeof message !== 'string' || message.length <= lineBytes) return stack;
  return stack.replace(message, () => truncateUtf8(message, limits.stackBytes / 2));
}

function causeOf(error: unknown, budget: Budget): JobError | undefined {
  const cause = property(error, 'cause');
  if (cause === undefined || cause === null) return undefined;
  return budget.depth <= 0 || budget.seen.has(cause) ? undefined : describe(cause, budget);
}
