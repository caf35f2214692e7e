import { resolve } from 'node:path';
import { GigqError } from '../core/errors.ts';
import { isServerAddress } from '../core/server-address.ts';
import { refusal } from './options.ts';

// `file:jobs.db` is an address as well, and would be a strange name for a file.
const address = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/|(?<file>file):)/iu;

/**
 * The database that is meant: what was given, else what the environment names, else 'gigq.db'. A path is made
 * absolute, so that a change of the working directory changes nothing; the schema becomes part of the server's address.
 *
 * @throws {GigqError} `invalid_option` if it is neither a path nor the address of a server, or has no schemas
 */
export function databaseName(given: unknown, schema?: string): string {
  const name = placeOf(given);
  if (schema === undefined) return name;
  if (!isServerAddress(name)) throw noSchemas();
  const end = name.includes('?') ? name.indexOf('?') : name.length;
  const parameters = new URLSearchParams(name.slice(end));
  parameters.set('schema', schema);
  return `${name.slice(0, end)}?${parameters.toString()}`;
}

function placeOf(given: unknown): string {
  const { GIGQ_DB: fromEnv, GIGQ_DB_PATH: fromOldEnv } = process.env;
  const name = given === undefined ? fromEnv || fromOldEnv || 'gigq.db' : given;
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw refusal('JobQueue: database', 'a path or an address', name);
  }
  if (name === ':memory:') return name;
  const { scheme, file } = address.exec(name)?.groups ?? {};
  if (file !== undefined) throw notAPath('file:');
  if (scheme === undefined) return resolve(name);
  if (isServerAddress(name)) return name;
  throw notAPath(`${scheme}://`);
}

function noSchemas(): GigqError {
  return new GigqError('invalid_option', 'JobQueue: schema: a SQLite file has no schemas', {
    hint: 'Leave the option out, or name a database on a server: postgres://…',
  });
}

// The address itself is not shown: it may hold a password.
function notAPath(beginning: string): GigqError {
  return new GigqError('invalid_option', `JobQueue: database: a ${beginning} address is no path`, {
    hint: "Pass the path of a file, such as 'jobs.db', or a postgres:// address.",
  });
}
