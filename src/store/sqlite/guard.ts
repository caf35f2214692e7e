/**
 * What must hold as long as a database is open: its files are those at its path, and its schema is the one that this
 * version knows. Others may replace the one, and migrate or move the other, at any time.
 */
import { isGigqError } from '../../core/errors.ts';
import type { Mark } from '../moving.ts';
import type { Clock } from '../store.ts';
import type { Connection } from './connection.ts';
import { markOf, movedError } from './mark.ts';
import { requireSchema } from './migrating.ts';
import { migrations } from './sql.gen.ts';

/** How long a look is good for reads and for whoever is idle. */
const goodForMs = 1000;

export class Guard {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #lookedAt = -Infinity;
  #version: unknown;
  #mark: Mark | null = null;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Before a look: throws what keeps the database from being read any more. One that was moved can be looked at. */
  checkReadable(): void {
    if (this.#clock.mono() - this.#lookedAt < goodForMs) return;
    this.#look();
    this.#verifyFiles();
  }

  /** Before anything else, a transaction too: throws what keeps the database from being used any more. */
  check(): void {
    this.checkReadable();
    this.#refuseMoved();
  }

  /** In a write transaction nobody can migrate or move any more: throws `schema_newer` or `database_moved` if somebody has. */
  checkSchema(): void {
    this.#look();
    this.#refuseMoved();
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

  #look(): void {
    const row = this.#connection.get('newestMigration');
    this.#mark = null;
    if (Number(row?.['version']) <= migrations.length) return;
    requireSchema(this.#connection);
    this.#mark = markOf(this.#connection);
  }

  // Looked at anew: by now it may have moved further, or the move was taken back.
  #refuseMoved(): void {
    if (this.#mark !== null) this.#look();
    if (this.#mark !== null) throw movedError(this.#connection.path, this.#mark);
  }

  // Whatever it throws stands: the next one looks again, however soon that is.
  #verifyFiles(): void {
    this.#lookedAt = -Infinity;
    this.#connection.verifyFiles();
    this.#lookedAt = this.#clock.mono();
  }
}
