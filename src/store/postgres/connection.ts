/**
 * One connection to one server, made when it is needed and again after it was lost. Statements are sent as they are called,
 * without waiting for the answers to those before, which come in the same order: what needs no answer in between takes one
 * round trip.
 */
import type pg from 'pg';
import type { Durability } from '../../core/limits.ts';
import type { Row } from '../rows.ts';
import type { Address } from './address.ts';
import { arrayText } from './arrays.ts';
import { connect, type Driver, isPooled, leave, streamOf } from './connecting.ts';
import { isNotPrepared, isReadOnly, Passing, translate } from './postgres-error.ts';
import { type Prepared, prepare, type Statement } from './prepared.ts';
import type { Shapes } from './submission.ts';

export type Value = string | number | boolean | null | readonly (string | number | null)[];
export type Values = Readonly<Record<string, Value>>;

/** A statement that is to be sent together with others. */
export interface Gathered {
  readonly name: Statement;
  readonly values: Values;
}

/**
 * For the session; for each transaction anew if a pooler may give each to another session. Every statement that matters has
 * one good plan, by index; a plan that was made when a table was empty is kept and would read it whole when it is not.
 */
const settings = [
  'search_path = pg_catalog',
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'jit = off',
  'plan_cache_mode = force_generic_plan',
  'statement_timeout = 60000',
  // Whoever is cut off in a transaction holds up everybody, itself included, until the server learns of it.
  'idle_in_transaction_session_timeout = 5000',
];
/** The server finds out within half a minute that nobody is there any more. */
const ofConnection = [
  'tcp_keepalives_idle = 10',
  'tcp_keepalives_interval = 5',
  'tcp_keepalives_count = 3',
];

/**
 * From version 17 on. A session that was cut off in the midst of what is sent in one piece does not count as idle, and would
 * keep its locks until its connection is found to be dead. Longer than any transaction of a store takes.
 */
const boundTransactions =
  "SELECT set_config(name, '120000', false) FROM pg_settings WHERE name = 'transaction_timeout'";

/** How long a session waits for a lock if it is told nothing. Who may wait for longer tries again. */
export const usualLockMs = 1000;

/** What lies between may be a pooler that gives sessions the server's own numbers. */
const accidents = 3;

export class Connection {
  readonly address: Address;
  readonly #driver: Driver;
  readonly #settings: readonly string[];
  readonly #isBounded: boolean;
  readonly #statements = new Map<Statement, Prepared>();
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #isNamed = true;
  #unprepared = 0;
  #isPooled = true;
  #isGathering = false;
  /** Of the statements that were sent together over this connection. */
  #shapes: Shapes = new Map();

  /** `isBounded`: its transactions are a store's, and none takes minutes. */
  constructor(driver: Driver, durability: Durability, isBounded = false) {
    this.address = driver.address;
    this.#driver = driver;
    this.#isBounded = isBounded;
    const relaxed = durability === 'relaxed' ? ['synchronous_commit = off'] : [];
    this.#settings = [...settings, ...relaxed];
  }

  /** Whether there is a connection on which every transaction is of one session, which knows what it prepared. */
  get isDirect(): boolean {
    return this.#client !== undefined && !this.#isPooled && this.#isNamed;
  }

  /** Connects, unless there is a connection. Throws Passing if that does not work just now. */
  async ready(): Promise<void> {
    if (this.#client !== undefined) return;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    await this.#connecting;
  }

  /** The rest of what is called until `commit` is one transaction. Waits for locks no longer than it is told. */
  async begin(waitMs: number): Promise<void> {
    const own = this.#isPooled ? this.#settings : [];
    const isUsual = !this.#isPooled && waitMs >= usualLockMs;
    const wait = isUsual ? [] : [`lock_timeout = ${Math.max(1, Math.ceil(waitMs))}`];
    const all = [...own, ...wait].map((setting) => `SET LOCAL ${setting}`);
    // Whatever the role or the database is set to: what is waited for is to be seen by the next statement.
    await this.query(['BEGIN ISOLATION LEVEL READ COMMITTED', ...all].join('; '));
  }

  async commit(): Promise<void> {
    const { command } = await this.query('COMMIT');
    // The server's answer to the commit of a transaction that has failed.
    if (command !== 'COMMIT') throw new Error('The transaction had failed, and was rolled back');
  }

  async rollback(): Promise<void> {
    // Without a connection there is nothing to undo.
    await this.query('ROLLBACK').catch(() => undefined);
  }

  async all(name: Statement, values: Values = {}): Promise<readonly Row[]> {
    const { text, parameters, ...rest } = this.#prepared(name);
    const list = parameters.map((parameter) => asText(values[parameter]));
    const { rows } = await this.query({ text, values: list, ...(this.#isNamed && rest) });
    return rows;
  }

  async get(name: Statement, values: Values = {}): Promise<Row | undefined> {
    return (await this.all(name, values))[0];
  }

  /** Statements that are one transaction: the rows of each, once it is committed. Only while the connection is direct. */
  async together(gathered: readonly Gathered[]): Promise<readonly (readonly Row[])[]> {
    const client = this.#client;
    if (client === undefined) throw connectionLost();
    const calls = gathered.map(({ name, values }) => {
      const { parameters, ...prepared } = this.#prepared(name);
      return { ...prepared, values: parameters.map((parameter) => asText(values[parameter])) };
    });
    this.#gather(client);
    try {
      return await this.#driver.submit(client, { calls, shapes: this.#shapes });
    } catch (error) {
      if (isReadOnly(error)) this.#lose(client);
      throw translate(error, this.address);
    }
  }

  /** Any text: of migrations, and what begins and ends transactions. */
  async query(query: string | pg.QueryConfig<unknown[]>): Promise<pg.QueryResult<Row>> {
    const client = this.#client;
    if (client === undefined) throw connectionLost();
    this.#gather(client);
    try {
      return await client.query<Row>(query as pg.QueryConfig);
    } catch (error) {
      // It is a standby, at least by now: the address may lead to another server meanwhile.
      if (isReadOnly(error)) this.#lose(client);
      if (!isNotPrepared(error)) throw translate(error, this.address);
      this.#forgetNames(client);
      throw new Passing('locked', error);
    }
  }

  /** Gives the connection up, whatever is under way on it: that is rejected with Passing. */
  destroy(): void {
    this.#driver.abort();
    if (this.#client !== undefined) this.#lose(this.#client);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await leave(this.#driver, client);
  }

  async #connect(): Promise<void> {
    const client = await connect(this.#driver, (each) => this.#begin(each));
    this.#shapes = new Map();
    this.#client = client;
  }

  async #begin(client: pg.Client): Promise<void> {
    // An error of a client that nobody listens to ends the process; it is told of by the next call as well.
    client.on('error', () => {
      this.#lose(client);
    });
    client.on('end', () => {
      this.#lose(client);
    });
    this.#isPooled = await isPooled(client);
    if (this.#isPooled) return;
    await client.query(this.#ofSession());
    if (this.#isBounded) await client.query(boundTransactions);
  }

  #ofSession(): string {
    const isolation = "default_transaction_isolation = 'read committed'";
    const lock = `lock_timeout = ${usualLockMs}`;
    const all = [...this.#settings, ...ofConnection, isolation, lock];
    return all.map((setting) => `SET ${setting}`).join('; ');
  }

  /** What is asked for in one turn of the event loop goes to the server in one piece: it is woken once for all of it. */
  #gather(client: pg.Client): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const stream = streamOf(client);
    stream.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  /** What was prepared is not there: behind a pooler; or because what was sent with it has failed, which a new session mends. */
  #forgetNames(client: pg.Client): void {
    this.#unprepared += 1;
    if (this.#isPooled || this.#unprepared > accidents) this.#isNamed = false;
    else this.#lose(client);
  }

  #lose(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    this.#driver.drop(client);
  }

  #prepared(name: Statement): Prepared {
    let prepared = this.#statements.get(name);
    if (prepared === undefined) {
      prepared = prepare(name, this.address.schema);
      this.#statements.set(name, prepared);
    }
    return prepared;
  }
}

function connectionLost(): Passing {
  return new Passing('unreachable', new Error('The connection was lost'));
}

function asText(value: Value | undefined): Exclude<Value, readonly unknown[]> | undefined {
  return typeof value === 'object' && value !== null ? arrayText(value) : value;
}
