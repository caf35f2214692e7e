/** What a worker does about errors of its database: it says so, now and then, and tries again, ever more rarely. */
import type { Logger } from '../client/logger.ts';
import { type ErrorCode, GigqError, isGigqError } from '../core/errors.ts';
import { property } from '../core/preview.ts';

const repeatMs = 5000;

/** Logs the same error at most once in five seconds. */
export class Trouble {
  readonly #logger: Logger;
  readonly #saidAtMs = new Map<unknown, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  report(doing: string, error: unknown): void {
    const code = property(error, 'code') ?? property(error, 'name');
    const now = performance.now();
    if (now - (this.#saidAtMs.get(code) ?? -Infinity) < repeatMs) return;
    this.#saidAtMs.set(code, now);
    this.#logger.warn({ err: error }, `${doing} failed; it is tried again`);
  }
}

/** Waits that double from 0.1 s to 5 s, with jitter, until something succeeds. */
export class Backoff {
  #failures = 0;

  nextMs(): number {
    const ms = Math.min(100 * 2 ** this.#failures, 5000);
    this.#failures += 1;
    return ms * (0.8 + 0.2 * Math.random());
  }

  reset(): void {
    this.#failures = 0;
  }
}

const lasting: ReadonlySet<ErrorCode> = new Set([
  'database_missing',
  'database_invalid',
  'database_corrupt',
  'database_replaced',
  'database_moved',
  'schema_newer',
  'sqlite_unsafe',
  'sqlite_second_library',
  'driver_missing',
]);

/** Whether the database will not come back by waiting. */
export function isLasting(error: unknown): boolean {
  return isGigqError(error) && lasting.has(error.code);
}

const passing: ReadonlySet<ErrorCode> = new Set([
  'database_busy',
  'database_full',
  'database_unreachable',
]);

/** Whether it may be wrong when a worker starts, and pass by itself. */
export function isPassing(error: unknown): boolean {
  return isGigqError(error) && passing.has(error.code);
}

export function noAnswer(): GigqError {
  const message = 'The database did not answer in time; what ran last is left to the lease';
  return new GigqError('database_busy', message);
}
