import { resolve } from 'node:path';
import { GigqError } from '../core/errors.ts';
import { refusal } from './options.ts';

const address = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//iu;

/**
 * The database that is meant: what was given, else what the environment names, else 'gigq.db'. A path is made
 * absolute, so that a change of the working directory changes nothing.
 *
 * @throws {GigqError} `invalid_option` if it is no path
 */
export function databaseName(given: unknown): string {
  const { GIGQ_DB: fromEnv, GIGQ_DB_PATH: fromOldEnv } = process.env;
  const name = given ?? (fromEnv || fromOldEnv || 'gigq.db');
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw refusal('JobQueue: database', 'a path', name);
  }
  if (name === ':memory:') return name;
  const scheme = address.exec(name)?.groups?.['scheme'];
  if (scheme === undefined) return resolve(name);
  // Which servers there are is known where stores are opened.
  if (/^postgres/iu.test(scheme)) return name;
  throw notAPath(scheme);
}

// The address itself is not shown: it may hold a password.
function notAPath(scheme: string): GigqError {
  return new GigqError('invalid_option', `JobQueue: database: a ${scheme}:// address is no path`, {
    hint: "Pass the path of a file, such as 'jobs.db'.",
  });
}
