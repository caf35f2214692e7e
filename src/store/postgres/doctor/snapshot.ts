/** A schema as one moment saw it, on a connection of its own. Nothing is changed: the transaction can only read. */
import type pg from 'pg';
import type { Row } from '../../rows.ts';
import type { Address } from '../address.ts';
import { connect, type Driver, leave } from '../connecting.ts';
import type { Values } from '../connection.ts';
import { translate } from '../postgres-error.ts';
import { prepare, type Statement } from '../prepared.ts';

/** Whole tables are read, which may take its time; for locks nobody waits long, for others wait behind who does. */
export const unhurried = [
  'SET LOCAL search_path = pg_catalog',
  'SET LOCAL statement_timeout = 600000',
  'SET LOCAL lock_timeout = 1000',
].join('; ');

export class Snapshot {
  readonly address: Address;
  readonly #client: pg.Client;

  constructor(client: pg.Client, address: Address) {
    this.#client = client;
    this.address = address;
  }

  /** What the server is to have said of the session when it began; a pooler says something else. */
  get pid(): number | null {
    return (this.#client as unknown as { readonly processID: number | null }).processID;
  }

  all(name: Statement, values: Values = {}): Promise<readonly Row[]> {
    const { text, parameters } = prepare(name, this.address.schema);
    return this.#rows({ text, values: parameters.map((parameter) => values[parameter]) });
  }

  async get(name: Statement, values: Values = {}): Promise<Row | undefined> {
    return (await this.all(name, values))[0];
  }

  async query(
    query: string | { readonly text: string; readonly values?: unknown[] },
  ): Promise<{ readonly rows: readonly Row[] }> {
    return { rows: await this.#rows(typeof query === 'string' ? { text: query } : query) };
  }

  async #rows(query: { readonly text: string; readonly values?: unknown[] }): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>({ ...query })).rows;
    } catch (error) {
      throw translate(error, this.address);
    }
  }
}

/** Throws Passing if there is no connection just now, or a lock stands in the way. */
export async function lookAt(
  driver: Driver,
  look: (snapshot: Snapshot) => Promise<void>,
): Promise<void> {
  const client = await connect(driver);
  try {
    const snapshot = new Snapshot(client, driver.address);
    await snapshot.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${unhurried}`);
    await look(snapshot);
  } finally {
    await leave(driver, client);
  }
}
