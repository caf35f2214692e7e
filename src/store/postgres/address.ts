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
  const isUsable = bytes > 0 && bytes <= longestName && !schema.includes('\0');
  if (isUsable && !schema.startsWith('pg_')) return;
  throw new GigqError('invalid_option', `JobQueue: schema: expected the name of a schema`, {
    hint: `Pass a name of 1 to ${longestName} bytes that does not begin with pg_.`,
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
