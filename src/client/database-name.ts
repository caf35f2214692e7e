import { resolve } from 'node:path';
import { GigqError } from '../core/errors.ts';
import { refusal } from './options.ts';

// `file:jobs.db` is an address as well, and would be a strange name for a file.
const address = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/|(?<file>file):)/iu;

/**
 * The database that is meant: what was given, else what the environment names, else 'gigq.db'. A path is made
 * absolute, so that a change of the working directory changes nothing.
 *
 * @throws {GigqError} `invalid_option` if it is no path
 */
export function databaseName(given: unknown): string {
  const { GIGQ_DB: fromEnv, GIGQ_DB_PATH: fromOldEnv } = process.env;
  const name = given === undefined ? fromEnv || fromOldEnv || 'gigq.db' : given;
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw refusal('JobQueue: database', 'a path', name);
  }
  if (name === ':memory:') return name;
  const { scheme, file } = address.exec(name)?.groups ?? {};
  if (file !== undefined) throw notAPath('file:');
  if (scheme === undefined) return resolve(name);
  // Which servers there are is known where stores are opened.
  if (/^postgres/iu.test(scheme)) return name;
  throw notAPath(`${scheme}://`);
}

// The address itself is not shown: it may hold a password.
function notAPath(beginning: string): GigqError {
  return new GigqError('invalid_option', `JobQueue: database: a ${beginning} address is no path`, {
    hint: "Pass the path of a file, such as 'jobs.db'.",
  });
}
