// Somebody who keeps all others from writing, whatever the database is.
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { parseAddress } from '../../dist/store/postgres/address.js';

export type Release = () => Promise<void>;

export function isOnServer(database: string): boolean {
  return database.startsWith('postgres');
}

/** Nobody else writes jobs, or a beat, until it is released. */
export async function holdLock(database: string): Promise<Release> {
  return isOnServer(database) ? lockTables(database) : lockFile(database);
}

async function lockTables(address: string): Promise<Release> {
  const { connectionString, schema } = parseAddress(address);
  const client = new pg.Client({ connectionString });
  await client.connect();
  const tables = ['jobs', 'workers'].map((table) => `${schema}.${table}`);
  await client.query(`BEGIN; LOCK TABLE ${tables.join(', ')} IN EXCLUSIVE MODE`);
  return () => client.end();
}

async function lockFile(path: string): Promise<Release> {
  const other = new DatabaseSync(path, { timeout: 5000 });
  other.exec('BEGIN IMMEDIATE');
  return async () => {
    if (other.isOpen) other.close();
  };
}
