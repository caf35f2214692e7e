/** The statements of a transaction that is sent in one piece: gathered, and sent together. */
import type { Row } from '../rows.ts';
import type { Address } from './address.ts';
import type { Connection, Gathered, Values } from './connection.ts';
import { Passing } from './postgres-error.ts';
import type { Statement } from './prepared.ts';
import type { Statements } from './statements.ts';

interface Waiting extends Gathered {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Block implements Statements {
  readonly address: Address;
  readonly #connection: Connection;
  readonly #gathered: Waiting[] = [];
  #state: 'open' | 'sent' | 'undone' = 'open';

  constructor(connection: Connection) {
    this.#connection = connection;
    this.address = connection.address;
  }

  /** Whether all of it may stand, although somebody was told that it failed. */
  get isInDoubt(): boolean {
    return this.#state === 'sent';
  }

  /** The rows, once all is committed. What is asked for later is asked by itself. */
  all(name: Statement, values: Values = {}): Promise<readonly Row[]> {
    if (this.#state !== 'open') return this.#connection.all(name, values);
    return new Promise((resolve, reject) => {
      this.#gathered.push({ name, values, resolve, reject });
    });
  }

  async get(name: Statement, values?: Values): Promise<Row | undefined> {
    return (await this.all(name, values))[0];
  }

  query(query: Parameters<Statements['query']>[0]): ReturnType<Statements['query']> {
    return this.#connection.query(query);
  }

  ready(): Promise<void> {
    return this.#connection.ready();
  }

  /** Resolves once it is committed. */
  async send(): Promise<void> {
    this.#state = 'sent';
    try {
      const rows = await this.#connection.together(this.#gathered);
      for (const [place, { resolve }] of this.#gathered.entries()) resolve(rows[place] ?? []);
    } catch (error) {
      const isLost = error instanceof Passing && error.kind === 'unreachable';
      if (!isLost) this.#state = 'undone';
      for (const { reject } of this.#gathered) reject(error);
      throw error;
    }
  }
}
