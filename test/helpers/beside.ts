// A look into a database, or a change there, by a connection beside those of gigq.
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { parseAddress } from '../../dist/store/postgres/address.js';
import { isOnServer } from './held-lock.ts';

type Row = Readonly<Record<string, unknown>>;

/** Tables are named as in a file: on a server `gigq_jobs` is `jobs`, in the schema that the address names. */
export async function beside(database: string, text: string): Promise<readonly Row[]> {
  return isOnServer(database) ? onServer(database, text) : inFile(database, text);
}

function inFile(path: string, text: string): readonly Row[] {
  const connection = new DatabaseSync(path, { timeout: 5000 });
  try {
    return connection.prepare(text).all();
  } finally {
    connection.close();
  }
}

async function onServer(address: string, text: string): Promise<readonly Row[]> {
  const { connectionString, schema } = parseAddress(address);
  const client = new pg.Client({ connectionString });
  client.setTypeParser(pg.types.builtins.INT8, Number);
  await client.connect();
  try {
    const { rows } = await client.query<Row>(text.replaceAll(/gigq_(\w+)/gu, `"${schema}".$1`));
    return rows;
  } finally {
    await client.end();
  }
}
