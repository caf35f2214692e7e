/**
 * Group commit: everything that is called while the database is busy shares its next transaction. One transaction
 * at a time, in the order of the calls; a lock held by another process is waited for on a timer, never inside SQLite,
 * and reads that do not depend on a waiting write go ahead of it.
 */
import { batchLength, isRefusal } from '../batching.ts';
import { answersFrom, type Group, groupsOf, joined } from '../groups.ts';
import type { Answer, Clock, Unit } from '../store.ts';
import { Busy } from './connection.ts';
import { Patience } from './patience.ts';
import { busyError } from './sqlite-error.ts';
import type { Turns } from './turn-file.ts';

/** What the queue needs of a store. `begin` and `read` throw Busy when they need a lock that they cannot have. */
export interface Transactions {
  readonly path: string;
  readonly turns: Turns;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** The answer to a unit that can be had without the write lock; undefined if it may have to write. */
  read(unit: Unit): Answer | undefined;
  write(unit: Unit): Answer;
}

interface Waiting {
  readonly unit: Unit;
  readonly answer: (answer: Answer) => void;
  readonly expiresAt: number;
  /** Set when a transaction that it shared has failed: from then on it fails or succeeds by itself. */
  isAlone: boolean;
  /** Set when reading did not answer it: it waits for the lock, and is not read again however long that takes. */
  needsLock: boolean;
}

export class CommitQueue {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #patience: Patience;
  #waiting: Waiting[] = [];
  #cancelRetry: (() => void) | undefined;

  constructor(transactions: Transactions, clock: Clock) {
    this.#transactions = transactions;
    this.#clock = clock;
    this.#patience = new Patience(transactions.turns);
  }

  add(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    const now = this.#clock.mono();
    for (const [place, unit] of units.entries()) {
      const expiresAt = now + unit.waitMs;
      const answered = (reply: Answer): void => {
        answer(place, reply);
      };
      this.#waiting.push({ unit, expiresAt, answer: answered, isAlone: false, needsLock: false });
    }
    if (this.#cancelRetry === undefined) this.#work();
    else this.#readAhead();
  }

  /** Answers what still waits; for a store that closes. */
  abandon(error: unknown): void {
    this.#cancelRetry?.();
    for (const { answer } of this.#waiting.splice(0)) answer({ ok: false, error });
  }

  #work(): void {
    this.#cancelRetry = undefined;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        this.#process(batch);
        this.#patience.forget();
      } catch (error) {
        if (!(error instanceof Busy)) throw error;
        this.#waiting.unshift(...batch);
        this.#waitForLock();
        return;
      }
    }
  }

  #takeBatch(): Waiting[] {
    return this.#waiting.splice(0, batchLength(this.#waiting));
  }

  #waitForLock(): void {
    this.#readAhead();
    this.#expire();
    if (this.#waiting.length === 0) return this.#patience.over(this.#clock.mono());
    this.#cancelRetry?.();
    const pauseMs = this.#patience.pauseMs(this.#clock.mono());
    this.#cancelRetry = this.#clock.timer(pauseMs, () => {
      this.#work();
    });
  }

  #expire(): void {
    const now = this.#clock.mono();
    const expired = this.#waiting.filter(({ expiresAt }) => expiresAt <= now);
    if (expired.length === 0) return;
    this.#waiting = this.#waiting.filter(({ expiresAt }) => expiresAt > now);
    const error = busyError(this.#transactions.path);
    for (const { answer } of expired) answer({ ok: false, error });
  }

  /** Answers the reads whose callers wait for no write before them. */
  #readAhead(): void {
    const writers = new Set<number>();
    const replies = new Map<Waiting, Answer>();
    for (const entry of this.#waiting) {
      const hasToWait = entry.needsLock || writers.has(entry.unit.caller);
      const reply = hasToWait ? undefined : this.#read(entry);
      if (reply === undefined) writers.add(entry.unit.caller);
      else replies.set(entry, reply);
    }
    if (replies.size === 0) return;
    // Answered last, for whoever is answered may ask again at once.
    this.#waiting = this.#waiting.filter((entry) => !replies.has(entry));
    for (const [{ answer }, reply] of replies) answer(reply);
  }

  #read(entry: Waiting): Answer | undefined {
    try {
      return this.#readOrThrowBusy(entry);
    } catch {
      return undefined;
    }
  }

  #process(batch: readonly Waiting[]): void {
    const replies = this.#readAll(batch) ?? this.#commit(batch);
    if (replies === undefined) this.#separate(batch);
    else for (const [place, { answer }] of batch.entries()) answer(replies[place] as Answer);
  }

  /** Whatever failed, nothing of it stands. Alone, only the one whose fault it is fails again. */
  #separate(batch: readonly Waiting[]): void {
    for (const entry of batch) entry.isAlone = true;
    this.#waiting.unshift(...batch);
  }

  /** The replies of a batch in which nothing has to be written. */
  #readAll(batch: readonly Waiting[]): Answer[] | undefined {
    const replies: Answer[] = [];
    for (const entry of batch) {
      const reply = entry.needsLock ? undefined : this.#readOrThrowBusy(entry);
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  }

  #readOrThrowBusy(entry: Waiting): Answer | undefined {
    try {
      const reply = this.#transactions.read(entry.unit);
      entry.needsLock = reply === undefined;
      return reply;
    } catch (error) {
      if (error instanceof Busy) throw error;
      return { ok: false, error };
    }
  }

  /** The replies to a batch that shares a transaction; undefined if the transaction failed. */
  #commit(batch: readonly Waiting[]): Answer[] | undefined {
    try {
      return this.#commitTogether(batch);
    } catch (error) {
      if (error instanceof Busy) throw error;
      return batch.length === 1 ? [{ ok: false, error }] : undefined;
    }
  }

  #commitTogether(batch: readonly Waiting[]): Answer[] {
    if (this.#patience.givesWay(this.#clock.mono(), deadlineOf(batch)))
      throw new Busy('left to another');
    this.#transactions.begin();
    this.#patience.over(this.#clock.mono());
    try {
      const groups = groupsOf(batch.map(({ unit }) => unit));
      const replies = groups.flatMap((group) => this.#writeGroup(group));
      this.#transactions.commit();
      return replies;
    } catch (error) {
      this.#transactions.rollback();
      throw error;
    }
  }

  /** If one of them is refused, none has written anything. */
  #writeGroup(group: Group): readonly Answer[] {
    return answersFrom(group, this.#write(joined(group))) ?? group.map((unit) => this.#write(unit));
  }

  /** A unit that refuses its input has written nothing: it fails alone, and the transaction goes on. */
  #write(unit: Unit): Answer {
    try {
      return this.#transactions.write(unit);
    } catch (error) {
      if (isRefusal(error)) return { ok: false, error };
      throw error;
    }
  }
}

function deadlineOf(batch: readonly Waiting[]): number {
  return batch.reduce((first, { expiresAt }) => Math.min(first, expiresAt), Infinity);
}
