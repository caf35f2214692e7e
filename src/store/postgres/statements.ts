/** What operations need of a connection. */
import type { Row } from '../rows.ts';
import type { Address } from './address.ts';
import type { Values } from './connection.ts';
import type { Statement } from './prepared.ts';

/** What runs statements in a transaction: of a connection of ours, or of the caller's client. */
export interface Statements {
  readonly address: Address;
  all(name: Statement, values?: Values): Promise<readonly Row[]>;
  get(name: Statement, values?: Values): Promise<Row | undefined>;
  query(
    query: string | { readonly text: string; readonly values?: unknown[] },
  ): Promise<{ readonly rows: readonly Row[] }>;
  /** Resolves once there is a connection. */
  ready(): Promise<void>;
}
