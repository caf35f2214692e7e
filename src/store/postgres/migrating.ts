/** Brings a schema to what this version knows: in one transaction, fully or not at all, one program at a time. */
import { GigqError, isGigqError } from '../../core/errors.ts';
import { defaults } from '../../core/limits.ts';
import { type Applied, type Migrated, type Migration, outstanding, summary } from '../migrate.ts';
import type { Connection } from './connection.ts';
import { hintForMaking } from './grants.ts';
import { isDenied } from './postgres-error.ts';
import type { Statements } from './statements.ts';
import { identifier, inSchema } from './prepared.ts';
import { migrations } from './sql.gen.ts';

const ledger = `
  CREATE TABLE IF NOT EXISTS gigq.migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at bigint NOT NULL
  );
  LOCK TABLE gigq.migrations IN ACCESS EXCLUSIVE MODE
`;

type Readable = Pick<Statements, 'address' | 'query'>;

/** Throws Passing if it has to be tried again. */
export async function migrate(
  connection: Connection,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Migrated> {
  await connection.ready();
  const missing = await missingIn(connection);
  if (missing.length === 0) return summary(migrations, missing);
  if (dryRun) {
    await requireRight(connection);
    return summary(migrations, missing);
  }
  await connection.begin(defaults.busyMs);
  try {
    const still = await applyMissing(connection);
    await connection.commit();
    return summary(migrations, still);
  } catch (error) {
    await connection.rollback();
    throw mayNotMake(error, connection, hintForMaking);
  }
}

/** @throws {GigqError} `database_refused` for a role that may not make what is missing */
async function requireRight(connection: Connection): Promise<void> {
  const { schema, shown } = connection.address;
  if ((await connection.get('mayCreate', { schema }))?.['mayCreate'] === true) return;
  const { rows } = await connection.query('SELECT current_database() AS name');
  const what = (await exists(connection, 'schema'))
    ? `schema ${schema}`
    : `database ${String(rows[0]?.['name'])}`;
  const message = `${shown} lets this role make nothing: permission denied for ${what}`;
  throw new GigqError('database_refused', message, { hint: hintForMaking(message, schema) });
}

/** The error to throw when something could not be made: with the hint for that, if the server has denied it. */
export function mayNotMake(
  error: unknown,
  { address }: Readable,
  hintFor: (said: string, schema: string) => string,
): unknown {
  if (!isGigqError(error) || !isDenied(error.cause)) return error;
  const { message, cause } = error;
  const hint = hintFor(message, address.schema);
  return new GigqError('database_refused', message, { cause, hint });
}

/** Until the transaction ends nobody else makes or migrates the schema, or moves jobs to it. */
export async function lockSchema(connection: Connection): Promise<void> {
  await connection.query({
    text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
    values: [`gigq ${connection.address.schema}`],
  });
}

/** Within a transaction. */
export async function applyMissing(connection: Connection): Promise<readonly Migration[]> {
  const { schema } = connection.address;
  await lockSchema(connection);
  // Looked up again: another program may have migrated before this one had the lock.
  const still = await missingIn(connection);
  // To ask for a schema that is there takes a right that a role need not have.
  if (!(await exists(connection, 'schema')))
    await connection.query(`CREATE SCHEMA ${identifier(schema)}`);
  await connection.query(inSchema(ledger, schema));
  for (const { text, version, name, checksum } of still) {
    await connection.query(inSchema(text, schema));
    await connection.all('recordMigration', { version, name, checksum });
  }
  return still;
}

/** Refuses a schema that is not the one that this version knows, without changing it. */
export async function requireSchema(connection: Statements): Promise<void> {
  await connection.ready();
  const missing = await missingIn(connection);
  if (missing.length === 0) return;
  const { shown, schema } = connection.address;
  if (missing.length === migrations.length)
    throw new GigqError('database_missing', `${shown} holds no jobs in its schema ${schema}`, {
      hint: 'Check the address and the schema. A submit or a worker makes what is missing, or gigq migrate; commands that read do not.',
    });
  throw new GigqError('database_invalid', `${shown} has an older schema`, {
    hint: 'Bring it up to date: gigq migrate --db <address>',
  });
}

/** The migrations that a schema still needs; throws as `outstanding` does. */
export async function missingIn(connection: Readable): Promise<readonly Migration[]> {
  return outstanding(connection.address.shown, migrations, await appliedIn(connection));
}

async function appliedIn(connection: Readable): Promise<readonly Applied[]> {
  if (!(await exists(connection, 'ledger'))) return [];
  const table = `${identifier(connection.address.schema)}.migrations`;
  const { rows } = await connection.query(
    `SELECT version, checksum FROM ${table} ORDER BY version`,
  );
  return rows as unknown as readonly Applied[];
}

/** Read as rows: what a server has cached of a name may be older than the lock that was waited for. */
const existing = {
  schema: 'SELECT FROM pg_namespace WHERE nspname = $1',
  ledger: `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = $1 AND relname = 'migrations'`,
};

async function exists(connection: Readable, what: keyof typeof existing): Promise<boolean> {
  const values = [connection.address.schema];
  const { rows } = await connection.query({ text: existing[what], values });
  return rows.length > 0;
}
