/** Storing jobs in a transaction of the caller's own. */
import type { DatabaseSync } from 'node:sqlite';
import { type Check, type Checks, refusal } from './options.ts';

/**
 * A client of `pg` with a transaction open on it (never a pool), or anything else that runs SQL in one.
 *
 * @example
 * declare const client: SqlTransaction; // what pool.connect() of `pg` resolves with
 * await client.query('BEGIN', []);
 */
export interface SqlTransaction {
  /** What a pool has, and no client. */
  readonly totalCount?: never;
  query(sql: string, params: readonly unknown[]): Promise<{ rows: readonly unknown[] }>;
}

/**
 * How a job is stored.
 *
 * @example
 * database.exec('BEGIN IMMEDIATE');
 * await greet.submit(queue, { name: 'Ada' }, { tx: database });
 * database.exec('COMMIT');
 */
export interface SubmitOptions {
  /**
   * The caller's own open transaction: the job is stored if that is committed, and claimed soon after. On SQLite a
   * `DatabaseSync` of node:sqlite on the queue's file, in `BEGIN IMMEDIATE`; another library's handle is refused, for two
   * SQLite libraries on one file in one process lose commits. What is promised of power loss is what that connection is set to.
   * Default: the queue's own.
   */
  tx?: DatabaseSync | SqlTransaction;
}

const anyObject: Check = (value, name) => {
  if (typeof value !== 'object' || value === null) throw refusal(name, 'a transaction', value);
};

export const submitChecks: Checks<SubmitOptions> = { tx: anyObject };
