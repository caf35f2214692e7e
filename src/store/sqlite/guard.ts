/** What must hold as long as a database is open, looked at before anything is acknowledged. */
import type { Clock } from '../store.ts';
import type { Connection } from './connection.ts';

/** How long a look is good for reads and for whoever is idle. */
const goodForMs = 1000;

export class Guard {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #lookedAt = -Infinity;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Before a read, or the beginning of a write: throws what keeps the database from being used any more. */
  check(): void {
    if (this.#clock.mono() - this.#lookedAt >= goodForMs) this.#look();
  }

  /** After a commit and before its answers: throws if it went into a file that nobody will open again. */
  checkCommitted(): void {
    this.#look();
  }

  /** The version of what others have committed. It changes as well when the database cannot be used any more, so that whoever is idle looks, and learns why. */
  version(): unknown {
    try {
      this.check();
    } catch {
      return 'unusable';
    }
    return this.#connection.dataVersion();
  }

  #look(): void {
    // Whatever it throws stands: the next one looks again, however soon that is.
    this.#lookedAt = -Infinity;
    this.#connection.verifyFiles();
    this.#lookedAt = this.#clock.mono();
  }
}
