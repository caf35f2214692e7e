/** What goes wrong, as one line on stderr and an exit code. */
import { escapeBlock, escapeLine } from './escape.ts';

export const exitCodes = { failed: 1, usage: 2, timedOut: 124 } as const;

interface FailureOptions {
  readonly code: string;
  readonly hint: string;
  readonly exitCode?: number;
  readonly cause?: unknown;
}

/** An end of the program that the command line itself has found. */
export class Failure extends Error {
  readonly code: string;
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, { code, hint, exitCode = exitCodes.failed, cause }: FailureOptions) {
    super(message, { cause });
    this.name = 'Failure';
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** The command was written wrongly. */
export function wrongUsage(message: string, hint: string): Failure {
  return new Failure(message, { code: 'usage', hint, exitCode: exitCodes.usage });
}

export function jobNotFound(id: string): Failure {
  return new Failure(`There is no job ${id}.`, {
    code: 'job_not_found',
    hint: '`gigq list` shows the jobs there are.',
  });
}

// What the library refuses because of what was typed.
const usageCodes = new Set(['invalid_option', 'invalid_duration', 'params_invalid', 'not_json']);

function textOf(error: unknown, key: 'code' | 'hint'): string | undefined {
  const value =
    error instanceof Error ? (error as Error & Record<typeof key, unknown>)[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return error.exitCode;
  const code = textOf(error, 'code') ?? '';
  if (code === 'wait_timeout') return exitCodes.timedOut;
  return usageCodes.has(code) ? exitCodes.usage : exitCodes.failed;
}

/** The error of something that was rightly asked for and did not work. */
export function failed(cause: unknown): Failure {
  const { code, hint } = detailsOf(cause);
  return new Failure(messageOf(cause), { code, hint, cause });
}

function detailsOf(error: unknown): { readonly code: string; readonly hint: string } {
  return {
    code: textOf(error, 'code') ?? 'unexpected',
    hint: textOf(error, 'hint') ?? '`--verbose` shows where it comes from.',
  };
}

function sentence(text: string): string {
  return /[.!?…`]$/u.test(text) ? text : `${text}.`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `A value was thrown that is no error: ${String(error)}`;
  return error.message === '' ? error.name : error.message;
}

function whatIsMore(error: unknown): string {
  const { code, hint } = detailsOf(error);
  return exitCodeOf(error) === exitCodes.usage && error instanceof Failure
    ? hint
    : `[${code}] ${hint}`;
}

/** The error on one line: what happened, its code, what to do. */
export function describeFailure(error: unknown): string {
  return escapeLine(`${sentence(messageOf(error).trim())} ${whatIsMore(error)}`);
}

// Causes may go round in a circle.
const causesShown = 5;

/** Where the error and its causes come from. */
export function stackOf(error: unknown, causes = causesShown): string {
  if (!(error instanceof Error)) return '';
  const own = escapeBlock(error.stack ?? error.message);
  return error.cause === undefined || causes === 0
    ? own
    : `${own}\ncaused by: ${stackOf(error.cause, causes - 1)}`;
}
