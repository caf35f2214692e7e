/** The course of an examination, whatever is examined: from the outside in, and no further than makes sense. */
import type { ErrorCode } from '../core/error-codes.ts';
import { type GigqError, isGigqError } from '../core/errors.ts';
import { type Diagnosis, type Finding, type FindingCode, problem } from './doctor.ts';

/** What keeps a database from being used at all: there is no use in looking further. */
export class Unusable extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.message);
    this.finding = finding;
  }
}

/** Notes down what was looked at, and what was found there. */
export type Note = (what: string, found?: readonly Finding[]) => void;

/** What to do about an error where the doctor knows more than the error does. */
type Hints = Partial<Record<ErrorCode, string>>;

export async function examined(
  look: (note: Note) => Promise<void>,
  hints: Hints = {},
): Promise<Diagnosis> {
  const checked: string[] = [];
  const findings: Finding[] = [];
  const note: Note = (what, found = []) => {
    checked.push(what);
    findings.push(...found);
  };
  try {
    await look(note);
  } catch (error) {
    // What cannot be read through and through is not to be written to, not even its mode.
    const untouched = findings.map((finding) => ({ ...finding, fixable: false }));
    return { checked, findings: [...untouched, findingOf(error, hints)] };
  }
  return { checked, findings };
}

function findingOf(error: unknown, hints: Hints): Finding {
  if (error instanceof Unusable) return error.finding;
  // What is wrong with the database is a finding; what is wrong with its name is not.
  if (!isGigqError(error) || error.code === 'invalid_option') throw error;
  return problem(error.code as FindingCode, error.message, { hint: hintOf(error, hints) });
}

function hintOf({ code, hint }: GigqError, hints: Hints): string {
  return hints[code] ?? hint;
}
