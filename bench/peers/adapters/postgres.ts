// What the adapters on PostgreSQL share: a pool to count by, and a database that is empty.
import { prepared } from '../peer.ts';
import { load } from './load.ts';

export interface PgPool {
  query(text: string): Promise<{ rows: readonly Record<string, unknown>[] }>;
  on(event: string, listener: (client: { on: PgPool['on'] }) => void): void;
  end(): Promise<void>;
}

interface Pg {
  readonly default: { readonly Pool: new (options: object) => PgPool };
}

const { default: pg } = (await load('pg')) as Pg;

export function newPool(max: number): PgPool {
  const pool = new pg.Pool({ connectionString: prepared('BENCH_PEER_POSTGRES'), max });
  // An idle client that loses its server ends the process otherwise.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export async function openPool(): Promise<{
  readonly count: (text: string) => Promise<number>;
}> {
  const pool = newPool(2);
  await pool.query('SELECT 1');
  return { count: async (text) => Number((await pool.query(text)).rows[0]?.['count']) };
}

/** Drops a schema; `public` is made anew. */
export async function resetDatabase(schema: string): Promise<void> {
  const pool = newPool(1);
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  if (schema === 'public') await pool.query('CREATE SCHEMA public');
  await pool.end();
}
