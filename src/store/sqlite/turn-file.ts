/**
 * The file beside a database in which whoever has waited too long for the write lock asks the others for a turn. It is made
 * when somebody first asks, and all of it is hints: without it the lock goes to whoever looks at the right moment.
 */
import { closeSync, existsSync, readSync, writeSync } from 'node:fs';
import { openHintFile } from './hint-file.ts';

/** Instants are those of the monotonic clock, which all processes of a machine share. */
export interface Turns {
  ask(now: number): void;
  /** When somebody last asked; NaN if nobody ever did. */
  askedAt(): number;
}

/** For a database that no other process can see. */
export const noTurns: Turns = { ask: () => undefined, askedAt: () => NaN };

export class TurnFile implements Turns {
  readonly path: string;
  readonly #database: string;
  readonly #instant = new Float64Array(1);
  #file: number | undefined;

  constructor(database: string) {
    this.#database = database;
    this.path = `${database}-turn`;
  }

  ask(now: number): void {
    this.#instant[0] = now;
    try {
      writeSync(this.#open(), this.#instant, 0, this.#instant.byteLength, 0);
    } catch {
      // Nobody gives way; chance decides, as among all who wait.
    }
  }

  askedAt(): number {
    if (this.#file === undefined && !existsSync(this.path)) return NaN;
    try {
      const { byteLength } = this.#instant;
      const length = readSync(this.#open(), this.#instant, 0, byteLength, 0);
      return length === byteLength ? (this.#instant[0] ?? NaN) : NaN;
    } catch {
      return NaN;
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    this.#file ??= openHintFile(this.#database, '-turn');
    return this.#file;
  }
}
