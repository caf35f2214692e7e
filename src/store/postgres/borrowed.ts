/**
 * Storing jobs in the caller's own transaction, on the caller's own client: they are there if, and once, the caller
 * commits. Neither committed nor rolled back here. Others are told by the server, when it commits.
 */
import { GigqError } from '../../core/errors.ts';
import { defaults } from '../../core/limits.ts';
import { statuses } from '../../core/state.ts';
import { systemClock } from '../clock.ts';
import { isRefusal } from '../batching.ts';
import type { Row } from '../rows.ts';
import type { Input, Reply, Submitting } from '../store.ts';
import { type Address, parseAddress } from './address.ts';
import { Connection, type Values } from './connection.ts';
import { type Context, nothingEnds } from './context.ts';
import { Dues } from './dues.ts';
import { Fronts } from './front.ts';
import { type AddLanes, Lanes } from './lanes.ts';
import { requireSchema } from './migrating.ts';
import { channelsOf } from './notify.ts';
import { codeOf, isReadOnly, Passing, translate } from './postgres-error.ts';
import { driverFor } from './postgres-store.ts';
import { prepare, type Statement } from './prepared.ts';
import type { Statements } from './statements.ts';
import { submitting } from './submitting.ts';
import { Width } from './width.ts';
import { Workflows } from './workflows.ts';

/** What runs SQL in the caller's transaction. */
interface Transaction {
  query(text: string, values: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * Stores jobs in the transaction that is open on `tx`.
 * @throws {GigqError} `invalid_option` for what is no transaction, `database_missing` or `database_invalid` for a schema that is
 * not the one that this version knows, `database_busy` if others stand in its way; and what storing jobs throws. Nothing is
 * stored then, and the transaction goes on.
 */
export async function submitWithin<O extends keyof Submitting>(
  database: string,
  tx: unknown,
  call: { readonly op: O; readonly input: Input<O> },
): Promise<Reply<O>> {
  const statements = new BorrowedStatements(parseAddress(database), transactionIn(tx));
  try {
    // Not every client takes a statement before it has answered the last one.
    return await inTurn(tx, () => submitOn(database, statements, call));
  } catch (error) {
    throw error instanceof Passing ? standsInTheWay(error) : error;
  }
}

async function submitOn<O extends keyof Submitting>(
  database: string,
  statements: BorrowedStatements,
  call: { readonly op: O; readonly input: Input<O> },
): Promise<Reply<O>> {
  const { name, seesOthers, ...session } = await statements.session();
  const own = await nameOf(database);
  if (own !== null && own !== session.database) throw isElsewhere(session.database, own);
  const add = seesOthers ? (values: Values) => addApart(database, statements, values) : undefined;
  const context = contextOf(statements, add);
  return inTurn(name, () => statements.atomically(() => submit(context, statements, call)));
}

const turns = new Map<unknown, Promise<unknown>>();

/**
 * Of what is submitted within one session at the same moment, one after the other: the savepoints of several would end each
 * other. By the session, for the caller may have many an object with such a query().
 */
async function inTurn<T>(session: unknown, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(session) ?? Promise.resolve()).then(work);
  const over = mine.catch(() => undefined);
  turns.set(session, over);
  try {
    return await mine;
  } finally {
    if (turns.get(session) === over) turns.delete(session);
  }
}

const names = new Map<string, Promise<string | null>>();

/** The database to which an address leads, as its server calls it, asked once; null if it could not be asked. */
function nameOf(database: string): Promise<string | null> {
  const name = names.get(database) ?? askName(database).catch(() => null);
  names.set(database, name);
  return name;
}

async function askName(database: string): Promise<string> {
  const connection = new Connection(await driverFor(database, systemClock), 'full');
  try {
    await connection.ready();
    const { rows } = await connection.query('SELECT current_database() AS database');
    return String(rows[0]?.['database']);
  } finally {
    await connection.close();
  }
}

/** Whether the caller's own transaction has made the schema: nobody else can make anything in it before it is committed. */
export async function isMadeWithin(database: string, tx: unknown): Promise<boolean> {
  const address = parseAddress(database);
  const look = {
    text: 'SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1',
    values: [address.schema],
  };
  const statements = new BorrowedStatements(address, transactionIn(tx));
  const { rows: within } = await inTurn(tx, () => statements.query(look));
  if (within.length === 0) return false;
  const connection = new Connection(await driverFor(database, systemClock), 'full');
  try {
    await connection.ready();
    return (await connection.query(look)).rows.length === 0;
  } finally {
    await connection.close();
  }
}

export function madeWithin(database: string): GigqError {
  const { schema } = parseAddress(database);
  return new GigqError(
    'database_missing',
    `tx: its own transaction has made the schema ${schema}`,
    {
      hint: 'Commit that first, for gigq makes its tables by a connection of its own; or leave the schema to gigq, which makes it as well.',
    },
  );
}

/**
 * Whoever submits to a lane that is just being added waits for it, and a caller's transaction can take long: so it is added by a
 * connection of our own, once for all, or within the transaction if that does not work.
 */
async function addApart(database: string, within: Statements, values: Values): Promise<void> {
  const connection = new Connection(await driverFor(database, systemClock), 'full');
  try {
    await connection.ready();
    await connection.begin(defaults.busyMs);
    await connection.all('addLanes', values);
    await connection.commit();
  } catch {
    await within.all('addLanes', values);
  } finally {
    await connection.close();
  }
}

async function submit<O extends keyof Submitting>(
  context: Context,
  statements: BorrowedStatements,
  { op, input }: { readonly op: O; readonly input: Input<O> },
): Promise<Reply<O>> {
  await requireSchema(statements);
  const operation = submitting(context)[op];
  const reply = await operation(input);
  await context.workflows.flush();
  await statements.tell(context.done);
  return reply;
}

/** What is remembered of lanes lasts no longer than the call: the caller may roll back. */
function contextOf(connection: Statements, add: AddLanes | undefined): Context {
  const done = { work: false, change: false };
  return {
    connection,
    lanes: new Lanes(connection, add),
    workflows: new Workflows(connection),
    done,
    fronts: new Fronts(systemClock),
    dues: new Dues(systemClock),
    width: new Width(),
    sent: () => undefined,
    ending: nothingEnds,
    isAtOnce: false,
    isCounted: true,
    isBusy: false,
  };
}

// ── the caller's client ─────────────────────────────────────────────────────────────────────────

/** Columns that hold numbers. What the server counts in 64 bits comes as text from a client that was not told otherwise. */
const numbers: ReadonlySet<string> = new Set([
  'seq',
  'child',
  'parent',
  'workflow',
  'takenDownBy',
  'version',
  ...statuses,
]);

interface BorrowedSession {
  readonly name: string;
  /** As the server calls it: the address may lead there by another name. */
  readonly database: string;
  readonly seesOthers: boolean;
}

class BorrowedStatements implements Statements {
  readonly address: Address;
  readonly #tx: Transaction;
  /** The last statement: not every client takes another one before it has answered. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(address: Address, tx: Transaction) {
    this.address = address;
    this.#tx = tx;
  }

  async all(name: Statement, values: Values = {}): Promise<readonly Row[]> {
    const { text, parameters } = prepare(name, this.address.schema);
    const list = parameters.map((parameter) => values[parameter]);
    return (await this.query({ text, values: list })).rows;
  }

  async get(name: Statement, values: Values = {}): Promise<Row | undefined> {
    return (await this.all(name, values))[0];
  }

  async query(
    query: string | { readonly text: string; readonly values?: unknown[] },
  ): Promise<{ readonly rows: readonly Row[] }> {
    const { text, values = [] } = typeof query === 'string' ? { text: query } : query;
    const answer = this.#last.then(() => this.#tx.query(text, values));
    this.#last = answer.catch(() => undefined);
    try {
      return { rows: rowsIn(await answer).map((row) => withNumbers(row as Row)) };
    } catch (error) {
      throw isReadOnly(error) ? readOnly(error) : translate(error, this.address);
    }
  }

  /** The server's process that the transaction is in, behind whatever pooler, and whether others' commits are seen in it. */
  async session(): Promise<BorrowedSession> {
    try {
      const { rows } = await this.query(
        "SELECT pg_backend_pid() AS pid, current_database() AS database, current_setting('transaction_isolation') AS isolation",
      );
      const [{ pid, database, isolation } = {}] = rows;
      const name = `${this.address.shown} ${String(pid)}`;
      return { name, database: String(database), seesOthers: isolation === 'read committed' };
    } catch (error) {
      throw codeOf(error) === failedTransaction ? hasFailed(error) : error;
    }
  }

  /** It is connected, or its caller is told. */
  async ready(): Promise<void> {}

  /** All or nothing of what `work` writes, whatever the transaction around it comes to. */
  async atomically<T>(work: () => Promise<T>): Promise<T> {
    await this.#savepoint();
    try {
      const result = await work();
      await this.query('RELEASE SAVEPOINT gigq');
      return result;
    } catch (error) {
      // What refuses its input has written nothing, and what the caller wrote meanwhile is to stay.
      const end = isRefusal(error) ? 'RELEASE SAVEPOINT gigq' : 'ROLLBACK TO SAVEPOINT gigq';
      // Of a connection that is lost nothing stands anyway.
      await this.query(end).catch(() => undefined);
      throw error;
    }
  }

  /** Tells others of what was done, once the caller commits. */
  async tell({ work, change }: Context['done']): Promise<void> {
    const channels = channelsOf(this.address.schema);
    if (work) await this.#notify(channels.work);
    if (change) await this.#notify(channels.change);
  }

  async #notify(channel: string): Promise<void> {
    await this.query({ text: "SELECT pg_notify($1, '')", values: [channel] });
  }

  async #savepoint(): Promise<void> {
    try {
      await this.query('SAVEPOINT gigq');
    } catch (error) {
      throw codeOf(error) === noActiveTransaction ? noTransaction(error) : error;
    }
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const noActiveTransaction = '25P01';
const failedTransaction = '25P02';

function withNumbers(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) =>
    numbers.has(name) && value !== null ? [name, Number(value)] : [name, value],
  );
  return Object.fromEntries(entries) as Row;
}

// ── what cannot be used ─────────────────────────────────────────────────────────────────────────

function transactionIn(tx: unknown): Transaction {
  const given = tx as Partial<Transaction> & { readonly totalCount?: unknown };
  if (given.totalCount !== undefined)
    throw new GigqError('invalid_option', 'tx: expected a client of pg, got a pool', {
      hint: 'A pool sends each query to another client: take one by pool.connect(), and BEGIN on it.',
    });
  if (typeof given.query === 'function') return given as Transaction;
  throw new GigqError('invalid_option', 'tx: expected a client of pg, or what has such a query()', {
    hint: 'Pass what runs SQL in the transaction: query(sql, params) resolves with { rows }.',
  });
}

function rowsIn(answer: unknown): readonly unknown[] {
  const { rows } = Object(answer) as { readonly rows?: unknown };
  if (Array.isArray(rows)) return rows;
  throw new GigqError('invalid_option', 'tx: its query() resolved with something without rows', {
    hint: 'query(sql, params) has to resolve with { rows }, an array of objects.',
  });
}

function isElsewhere(found: string, own: string): GigqError {
  const message = `tx: its client is connected to the database ${found}; that of the queue is ${own}`;
  return new GigqError('invalid_option', message, {
    hint: 'Pass a client of the database in which the jobs are, or open a queue on the other one.',
  });
}

function hasFailed(cause: unknown): GigqError {
  return new GigqError('invalid_option', 'tx: its transaction has failed', {
    cause,
    hint: 'Nothing of it can be committed any more: roll it back, then try all of it again.',
  });
}

function noTransaction(cause: unknown): GigqError {
  return new GigqError('invalid_option', 'tx: no transaction is open on it', {
    cause,
    hint: "Run 'BEGIN' on it before, and 'COMMIT' after.",
  });
}

function readOnly(cause: unknown): GigqError {
  return new GigqError('database_readonly', 'tx: nothing can be written in the transaction', {
    cause,
    hint: 'It was begun READ ONLY, or its client is connected to a standby: begin one READ WRITE, on the primary server.',
  });
}

function standsInTheWay({ kind, cause }: Passing): GigqError {
  const isLocked = kind === 'locked';
  return new GigqError(
    isLocked ? 'database_busy' : 'database_unreachable',
    isLocked ? 'tx: others stand in the way of the transaction' : 'tx: its connection was lost',
    { cause, hint: 'Roll the transaction back, then try all of it again.' },
  );
}
