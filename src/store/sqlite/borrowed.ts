/**
 * Storing jobs in the caller's own transaction, on the caller's own connection: they are there if, and once, the caller
 * commits. Neither committed nor rolled back here.
 */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { GigqError } from '../../core/errors.ts';
import type { Clock, Input, Reply, Submitting } from '../store.ts';
import { Busy, Connection } from './connection.ts';
import type { Context } from './context.ts';
import { Lanes } from './lanes.ts';
import { loadSqlite } from './library.ts';
import { refuseMoved } from './mark.ts';
import { applyMissing, requireSchema } from './migrating.ts';
import { submitting } from './submitting.ts';
import { WakeFile } from './wake-file.ts';
import { Workflows } from './workflows.ts';

export interface Lending {
  /** The path of the queue's database. */
  readonly path: string;
  /** Whether missing tables are made, in the same transaction. */
  readonly initialize: boolean;
  readonly clock: Clock;
}

/** One for each connection, for statements are prepared once. */
const connections = new WeakMap<DatabaseSync, Connection>();

/**
 * Stores jobs in the transaction that is open on `tx`.
 * @throws {GigqError} `sqlite_second_library` for another library's handle, `invalid_option` for what is no transaction on
 * this database, `database_busy` if it cannot become one that writes; and what storing jobs throws. Nothing is stored then,
 * and the transaction goes on.
 */
export function submitWithin<O extends keyof Submitting>(
  lending: Lending,
  tx: unknown,
  call: { readonly op: O; readonly input: Input<O> },
): Reply<O> {
  const database = transactionOn(lending.path, tx);
  const connection = connections.get(database) ?? new Connection(lending.path, database);
  connections.set(database, connection);
  try {
    return connection.atomically(() => submit(lending, { connection, database }, call));
  } catch (error) {
    throw error instanceof Busy ? cannotWrite(error) : error;
  }
}

function submit<O extends keyof Submitting>(
  { path, initialize, clock }: Lending,
  { connection, database }: { readonly connection: Connection; readonly database: DatabaseSync },
  { op, input }: { readonly op: O; readonly input: Input<O> },
): Reply<O> {
  if (initialize) applyMissing(connection, clock.wall());
  else requireSchema(connection);
  refuseMoved(connection);
  const context = contextOf(connection, clock);
  const operation = submitting(context)[op] as (given: Input<O>) => Reply<O>;
  const reply = operation(input);
  context.lanes.flush();
  context.workflows.flush();
  if (context.done.work) whenOver(database, clock, () => wakeOthers(path));
  return reply;
}

/** What is remembered of lanes lasts no longer than the call: the caller may roll back. */
function contextOf(connection: Connection, clock: Clock): Context {
  return {
    connection,
    clock,
    lanes: new Lanes(connection),
    workflows: new Workflows(connection, clock),
    done: { work: false, change: false },
  };
}

// ── whether it is a transaction on this database ────────────────────────────────────────────────

function transactionOn(path: string, tx: unknown): DatabaseSync {
  if (!(tx instanceof loadSqlite().DatabaseSync)) throw noHandle(tx);
  if (!tx.isOpen || !tx.isTransaction) throw noTransaction();
  if (!isSameFile(tx.location(), path)) {
    throw new GigqError('invalid_option', `tx: it is open on another database than ${path}`, {
      hint: "Open node:sqlite's DatabaseSync on the queue's own file.",
    });
  }
  return tx;
}

function noHandle(tx: unknown): GigqError {
  const hasStatements = typeof tx === 'object' && tx !== null && 'prepare' in tx;
  return hasStatements
    ? new GigqError('sqlite_second_library', 'tx: it belongs to another SQLite library')
    : new GigqError('invalid_option', 'tx: expected a DatabaseSync of node:sqlite', {
        hint: "Pass the DatabaseSync on which you ran 'BEGIN IMMEDIATE'.",
      });
}

function noTransaction(): GigqError {
  return new GigqError('invalid_option', 'tx: no transaction is open on it', {
    hint: "Run 'BEGIN IMMEDIATE' on it before, and 'COMMIT' after.",
  });
}

function isSameFile(location: string | null, path: string): boolean {
  if (location === null || path === ':memory:') return false;
  const [theirs, ours] = [location, path].map((each) => statSync(each, { throwIfNoEntry: false }));
  return theirs !== undefined && theirs.ino === ours?.ino && theirs.dev === ours.dev;
}

/** A transaction that has only read cannot write once others have: https://sqlite.org/isolation.html */
function cannotWrite(cause: unknown): GigqError {
  return new GigqError(
    'database_busy',
    'tx: the transaction cannot write: others have written, or do',
    {
      cause,
      hint: 'Begin it with BEGIN IMMEDIATE, which waits for the write lock before anything is read.',
    },
  );
}

// ── when it is over ─────────────────────────────────────────────────────────────────────────────

const longestLookMs = 20;

/** Calls back soon after the caller's transaction has ended: SQLite tells nobody. */
function whenOver(database: DatabaseSync, clock: Clock, callback: () => void, waitedMs = 0): void {
  const look = (): void => {
    if (database.isOpen && database.isTransaction)
      whenOver(database, clock, callback, Math.min(longestLookMs, waitedMs + 1));
    else callback();
  };
  if (waitedMs === 0) setImmediate(look);
  else clock.timer(waitedMs, look);
}

function wakeOthers(path: string): void {
  const file = new WakeFile(path);
  file.wake();
  file.close();
}
