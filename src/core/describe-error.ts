/** Whatever was thrown, as bounded plain data. Reading it never throws and never runs for long. */
import type { JobError } from './job.ts';
import { limits } from './limits.ts';
import { truncateUtf8, utf8Length } from './utf8.ts';

/** What is left to spend on a chain of causes; the error itself comes first and takes what it needs. */
interface Budget {
  messageBytes: number;
  stackBytes: number;
  depth: number;
  readonly seen: Set<unknown>;
}

const nameBytes = 128;
const previewBytes = 200;
const previewItems = 10;

/**
 * What was thrown, for the record of a job: its name, message, stack and causes, within the limits for the whole
 * chain. What is no error gets the name 'NonError' and a description of the value.
 */
export function describeError(thrown: unknown): JobError {
  const { errorBytes, stackBytes, errorDepth } = limits;
  return describe(thrown, { messageBytes: errorBytes, stackBytes, depth: errorDepth, seen: new Set() });
}

function describe(thrown: unknown, budget: Budget): JobError {
  budget.seen.add(thrown);
  budget.depth -= 1;
  const full = messageOf(thrown);
  const message = truncateUtf8(full, budget.messageBytes);
  budget.messageBytes = Math.max(0, budget.messageBytes - utf8Length(message));
  const stack = stackOf(thrown, full, message, budget);
  const cause = causeOf(thrown, budget);
  return { name: nameOf(thrown), message, ...(stack !== undefined && { stack }), ...(cause && { cause }) };
}
