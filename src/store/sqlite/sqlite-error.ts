/** What SQLite reports, in the terms of gigq. The one place that knows its codes. */
import { existsSync } from 'node:fs';
import { GigqError, isGigqError } from '../../core/errors.ts';
import { mayWrite } from './database-file.ts';

/** Primary result codes: https://sqlite.org/rescode.html */
const codes = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
};

export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === codes.busy || code === codes.locked;
}

function primaryCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Errors of SQLite become errors of gigq; others stay what they are. */
export function translate(error: unknown, database: string): unknown {
  if (isGigqError(error)) return error;
  const cause = { cause: error };
  switch (primaryCode(error)) {
    case codes.busy:
    case codes.locked:
      return busyError(database, error);
    case codes.readonly:
      return new GigqError('database_readonly', `${blocked(database)} cannot be written to`, cause);
    case codes.full:
      return new GigqError('database_full', `No space is left for ${database}`, cause);
    case codes.corrupt:
      return new GigqError('database_corrupt', `${database} is damaged`, cause);
    case codes.notadb:
      return new GigqError('database_invalid', `${database} is not a SQLite database`, cause);
    case codes.cantopen:
      return new GigqError('database_invalid', `${database} cannot be opened`, cause);
    case codes.ioerr:
      return new GigqError('database_invalid', `${database} cannot be read or written`, cause);
    default:
      return error;
  }
}

/** The one of its files that keeps it from being written, as far as that can be seen. */
function blocked(database: string): string {
  const files = ['', '-wal', '-shm'].map((suffix) => database + suffix);
  return files.find((file) => existsSync(file) && !mayWrite(file)) ?? database;
}

export function busyError(database: string, cause?: unknown): GigqError {
  return new GigqError('database_busy', `${database} was locked by another process all the while`, {
    cause,
  });
}
