/** The address of a database on a server, and the schema in it. */
import { GigqError } from '../../core/errors.ts';

export interface Address {
  /** As the driver takes it. It may hold a password. */
  readonly connectionString: string;
  readonly schema: string;
  /** For people: without user, password and parameters. */
  readonly shown: string;
}

const defaultSchema = 'gigq';
const longestName = 63;
const ofServer = /^(?:pg_|information_schema$)/u;

/** @throws {GigqError} `invalid_option` for a schema that cannot be one */
export function parseAddress(address: string): Address {
  const [place, query] = divided(address, '?');
  const parameters = new URLSearchParams(query);
  const schema = parameters.get('schema') ?? defaultSchema;
  checkSchema(schema);
  parameters.delete('schema');
  const rest = parameters.size === 0 ? '' : `?${parameters.toString()}`;
  return { connectionString: `${place}${rest}`, schema, shown: shownAs(place, query, schema) };
}

function divided(text: string, at: string): readonly [string, string] {
  const place = text.indexOf(at);
  return place === -1 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)];
}

function checkSchema(schema: string): void {
  const bytes = Buffer.byteLength(schema);
  const isName = bytes > 0 && bytes <= longestName && !/\p{Cc}/u.test(schema);
  if (isName && !ofServer.test(schema)) return;
  throw new GigqError('invalid_option', `JobQueue: schema: expected the name of a schema`, {
    hint: `Pass a name of 1 to ${longestName} bytes on one line that is not information_schema and does not begin with pg_.`,
  });
}

/**
 * A password that was not percent-encoded may hold an @ itself: all up to the last one is left out. If it may go on behind
 * a ?, there is no telling what it is: nothing is shown.
 */
function shownAs(place: string, query: string, schema: string): string {
  const isUnclear = /@|%40/u.test(query);
  const host = place.slice(Math.max(place.lastIndexOf('@'), place.indexOf('://') + 2) + 1);
  const name = `postgres://${isUnclear ? '***' : host}`;
  return schema === defaultSchema ? name : `${name}?schema=${encodeURIComponent(schema)}`;
}

/** For an address that the driver cannot use. It is not shown, nor what a parser says of it: it may hold a password. */
export function unusable({ connectionString }: Address, cause: unknown): GigqError {
  const isUnreadable = cause instanceof TypeError || cause instanceof URIError;
  if (isUnreadable || !(cause instanceof Error))
    return new GigqError('invalid_option', 'JobQueue: database: the address cannot be read', {
      hint: 'Percent-encode what is special in a user name or password, as %2F for a slash, and check the port.',
    });
  const parameters = new URLSearchParams(divided(connectionString, '?')[1]);
  const path = 'path' in cause ? cause.path : undefined;
  const [name = 'address'] = [...parameters].find(([, value]) => value === path) ?? [];
  return new GigqError('invalid_option', `JobQueue: database: ${name}: ${cause.message}`, {
    cause,
    hint: 'Correct the parameter of the address, or leave it out.',
  });
}
