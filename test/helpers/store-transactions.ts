// Transactions on a list of words, to test the queue before the database.
import { GigqError } from '../../dist/core/errors.js';
import type { Transactions } from '../../dist/store/sqlite/commit-queue.js';
import { Busy } from '../../dist/store/sqlite/connection.js';
import type { Turns } from '../../dist/store/sqlite/turn-file.js';
import type { Answer, Unit } from '../../dist/store/store.js';
import { newJobs, unit } from './store-seam.ts';

/** A write of a word. The words 'bad' and 'refused' cannot be written. */
export function write(word: string, options: { caller?: number; waitMs?: number } = {}): Unit {
  return unit('cancel', [word], options);
}

export function heavyWrite(count: number): Unit {
  return unit('enqueue', newJobs(count));
}

/** A read of everything that is written. */
export function read(options: { caller?: number; waitMs?: number } = {}): Unit {
  return unit('get', '', options);
}

/** Turns that the test asks for as well, as others would. */
export class Asked implements Turns {
  at = NaN;
  asked = 0;
  looks = 0;

  ask(now: number): void {
    this.asked += 1;
    this.at = now;
  }

  askedAt(): number {
    this.looks += 1;
    return this.at;
  }
}

export class WordTransactions implements Transactions {
  readonly path = 'jobs.db';
  readonly turns = new Asked();
  readonly words: string[] = [];
  begins = 0;
  commits = 0;
  tries = 0;
  isLocked = false;
  isUnreadable = false;
  /** How many of the next commits fail. */
  failures = 0;
  onCommit: () => void = () => undefined;
  #draft: string[] | undefined;

  begin(): void {
    this.tries += 1;
    if (this.isLocked) throw new Busy('locked');
    this.begins += 1;
    this.#draft = [...this.words];
  }

  commit(): void {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new GigqError('database_full', 'No space is left');
    }
    this.words.splice(0, this.words.length, ...(this.#draft ?? []));
    this.#draft = undefined;
    this.commits += 1;
    this.onCommit();
  }

  rollback(): void {
    this.#draft = undefined;
  }

  read(asked: Unit): Answer | undefined {
    if (asked.op !== 'get') return undefined;
    if (this.isUnreadable) throw new Busy('locked');
    if (asked.input === 'broken') throw new GigqError('database_corrupt', 'It is damaged');
    return this.#answer([...this.words].join(' '));
  }

  write(asked: Unit): Answer {
    const word = asked.op === 'cancel' ? (asked.input[0] ?? '') : 'jobs';
    if (word === 'bad') throw new Error('bad');
    if (word === 'refused') throw new GigqError('too_large', 'It is too large');
    if (asked.op === 'get') return this.#answer(this.#draft?.join(' '));
    this.#draft?.push(word);
    return this.#answer(word);
  }

  #answer(reply: unknown): Answer {
    return { ok: true, reply: reply as never };
  }
}
