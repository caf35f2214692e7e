/** The file beside a database that those who wait for work watch; whoever makes some writes a byte to it. */
import { closeSync, writeSync } from 'node:fs';
import { openHintFile } from './hint-file.ts';

export class WakeFile {
  readonly path: string;
  readonly #database: string;
  #file: number | undefined;

  constructor(database: string) {
    this.#database = database;
    this.path = `${database}-wake`;
  }

  /** Makes it if it is missing, so that it can be watched. */
  open(): void {
    this.#file ??= openHintFile(this.#database, '-wake');
  }

  wake(): void {
    try {
      this.open();
      writeSync(this.#file as number, '!', 0);
    } catch {
      // Nobody is woken; their data_version tells them a little later.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
