/**
 * What must hold as long as a database is open: its files are those at its path, and its schema is the one that this
 * version knows. Others may replace the one and migrate the other at any time.
 */
import { isGigqError } from '../../core/errors.ts';
import type { Clock } from '../store.ts';
import type { Connection } from './connection.ts';
import { requireSchema } from './migrating.ts';
import { migrations } from './sql.gen.ts';

/** How long a look is good for reads and for whoever is idle. */
const goodForMs = 1000;

export class Guard {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #lookedAt = -Infinity;
  #version: unknown;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Before a read or a transaction: throws what keeps the database from being used any more. */
  check(): void {
    if (this.#clock.mono() - this.#lookedAt < goodForMs) return;
    this.checkSchema();
    this.#verifyFiles();
  }

  /** In a write transaction nobody can migrate any more: throws `schema_newer` if somebody has. */
  checkSchema(): void {
    const row = this.#connection.get('newestMigration');
    if (Number(row?.['version']) > migrations.length) requireSchema(this.#connection);
  }

  /** After a commit and before its answers: throws if it went into a file that nobody will open again. */
  checkCommitted(): void {
    this.#verifyFiles();
  }

  /**
   * The version of what others have committed. It changes as well when the database cannot be used any more, so that
   * whoever is idle looks, and learns why.
   */
  version(): unknown {
    const version = this.#connection.dataVersion();
    // What others have committed may be a migration.
    if (version !== this.#version) this.#lookedAt = -Infinity;
    this.#version = version;
    try {
      this.check();
      return version;
    } catch (error) {
      if (!isGigqError(error)) throw error;
      return 'unusable';
    }
  }

  // Whatever it throws stands: the next one looks again, however soon that is.
  #verifyFiles(): void {
    this.#lookedAt = -Infinity;
    this.#connection.verifyFiles();
    this.#lookedAt = this.#clock.mono();
  }
}
