/** Loads the driver. It is asked for only when a database is named that needs it. */
import type pg from 'pg';
import { GigqError } from '../../core/errors.ts';

export async function loadPg(): Promise<typeof pg> {
  try {
    return (await import('pg')).default;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new GigqError('driver_missing', 'A PostgreSQL database needs the package pg', {
      cause: error,
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
