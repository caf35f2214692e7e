/**
 * Group commit: everything that is called while a transaction is under way shares the next one. One transaction at a
 * time, in the order of the calls. What will pass (a deadlock, a lock, a lost connection) is tried again until the time
 * of each unit is up.
 */
import { batchLength } from '../batching.ts';
import type { Answer, Clock, Unit } from '../store.ts';
import { Passing } from './postgres-error.ts';

/** What the queue needs of a session. */
export interface Transactions {
  /** The answers to units in one transaction that waits for locks no longer than it is told; throws if it failed. */
  run(units: readonly Unit[], waitMs: number): Promise<readonly Answer[]>;
  /** Ends a transaction of which nothing is heard. */
  giveUp(): void;
  /** What to tell a unit whose time is up, and why it had to wait, if that is known. */
  tooLate(trouble: Passing | undefined): unknown;
}

interface Waiting {
  readonly unit: Unit;
  readonly answer: (answer: Answer) => void;
  readonly expiresAt: number;
  /** Set when a transaction that it shared has failed: from then on it fails or succeeds by itself. */
  isAlone: boolean;
  /** When it is tried again after it alone has waited for a lock in vain; others go on meanwhile. 0: it has not. */
  stuckUntil: number;
}

/** What lies between a lock that was waited for in vain and a server that is not heard of any more. */
const graceMs = 500;
const pauseMs = { least: 2, most: 1000 };
/** How long a unit that is stuck keeps the others waiting, and how often. */
const stuckMs = { wait: 50, pause: 500 };

export class CommitQueue {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isWorking = false;
  #isResting = false;
  #isClosing = false;
  #working: Promise<void> | undefined;
  #trouble: Passing | undefined;
  #failures = 0;
  #endPause = (): void => undefined;
  #watchedUntil = Infinity;
  #endWatch = (): void => undefined;

  constructor(transactions: Transactions, clock: Clock) {
    this.#transactions = transactions;
    this.#clock = clock;
  }

  add(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    const now = this.#clock.mono();
    for (const [place, unit] of units.entries()) {
      const answered = (reply: Answer): void => {
        answer(place, reply);
      };
      const expiresAt = now + unit.waitMs;
      this.#waiting.push({ unit, answer: answered, expiresAt, isAlone: false, stuckUntil: 0 });
    }
    if (!this.#isWorking) this.#working = this.#work();
    else if (this.#isResting) this.#endPause();
    else this.#watch(this.#waiting.slice(-units.length));
  }

  /** While a transaction is under way, perhaps one of which nothing is heard, the time of those that wait goes on. */
  #watch(entries: readonly Waiting[]): void {
    const next = this.#nextExpiry(entries);
    if (next >= this.#watchedUntil) return;
    this.#endWatch();
    this.#watchedUntil = next;
    this.#endWatch = this.#clock.timer(Math.max(0, next - this.#clock.mono()), () => {
      this.#watchedUntil = Infinity;
      this.#expire();
      this.#watch(this.#waiting);
    });
  }

  /** Answers what still waits, and waits for what is under way, which is not tried again; for a store that closes. */
  async abandon(error: unknown): Promise<void> {
    this.#isClosing = true;
    this.#endWatch();
    this.#refuse(this.#waiting.splice(0), error);
    this.#endPause();
    await this.#working;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (this.#expire(); this.#waiting.length > 0; this.#expire()) {
      const batch = this.#takeBatch();
      if (batch.length > 0) await this.#process(batch);
      else await this.#rest();
    }
    this.#isWorking = false;
  }

  /** A unit that is stuck in its turn, or else what may go on without it; nothing if all there is has to wait. */
  #takeBatch(): readonly Waiting[] {
    const stuck = this.#waiting.filter(({ stuckUntil }) => stuckUntil > 0);
    if (stuck.length === 0) return this.#waiting.splice(0, batchLength(this.#waiting));
    const now = this.#clock.mono();
    const due = stuck.find(({ stuckUntil }) => stuckUntil <= now);
    const free = due === undefined ? this.#free() : [due];
    const batch = new Set(free.slice(0, batchLength(free)));
    this.#waiting = this.#waiting.filter((entry) => !batch.has(entry));
    return [...batch];
  }

  /** A caller's units stay in order, but for settlements: nothing that a worker asks for rests on how its other jobs ended. */
  #free(): readonly Waiting[] {
    const held = new Set<number>();
    return this.#waiting.filter(({ unit, stuckUntil }) => {
      if (stuckUntil > 0 && unit.op !== 'settle') held.add(unit.caller);
      return stuckUntil === 0 && !held.has(unit.caller);
    });
  }

  /** Until a unit that is stuck has its turn, or something new comes. */
  async #rest(): Promise<void> {
    const next = this.#waiting
      .filter(({ stuckUntil }) => stuckUntil > 0)
      .reduce((first, { stuckUntil }) => Math.min(first, stuckUntil), Infinity);
    this.#isResting = true;
    await this.#pause(Math.min(next, this.#nextExpiry(this.#waiting)) - this.#clock.mono());
    this.#isResting = false;
  }

  async #process(batch: readonly Waiting[]): Promise<void> {
    let answers: readonly Answer[];
    try {
      answers = await this.#run(batch);
    } catch (error) {
      return this.#fail(batch, error);
    }
    this.#trouble = undefined;
    this.#failures = 0;
    for (const [place, { answer }] of batch.entries()) answer(answers[place] as Answer);
  }

  async #fail(batch: readonly Waiting[], error: unknown): Promise<void> {
    const isLockWait = error instanceof Passing && error.isLockWait && !this.#isClosing;
    if (isLockWait) this.#stuck(batch, error);
    else if (error instanceof Passing && !this.#isClosing) await this.#tryAgain(batch, error);
    else if (error instanceof Passing) this.#refuse(batch, this.#transactions.tooLate(error));
    else if (batch.length > 1) this.#separate(batch);
    else this.#refuse(batch, error);
  }

  async #run(batch: readonly Waiting[]): Promise<readonly Answer[]> {
    const leftMs = this.#nextExpiry(batch) - this.#clock.mono();
    const forget = this.#clock.timer(leftMs + graceMs, () => {
      this.#transactions.giveUp();
    });
    try {
      const units = batch.map(({ unit }) => unit);
      const isStuck = batch.some(({ stuckUntil }) => stuckUntil > 0);
      return await this.#transactions.run(units, isStuck ? Math.min(leftMs, stuckMs.wait) : leftMs);
    } finally {
      forget();
    }
  }

  /** Whatever failed, nothing of it stands. Alone, only the one whose fault it is fails again. */
  #separate(batch: readonly Waiting[]): void {
    for (const entry of batch) entry.isAlone = true;
    this.#waiting.unshift(...batch);
  }

  /** Alone, only the one that waits for the lock is stuck. */
  #stuck(batch: readonly Waiting[], trouble: Passing): void {
    this.#trouble = trouble;
    if (batch.length > 1) return this.#separate(batch);
    for (const entry of batch) entry.stuckUntil = this.#clock.mono() + stuckMs.pause;
    this.#waiting.unshift(...batch);
  }

  async #tryAgain(batch: readonly Waiting[], trouble: Passing): Promise<void> {
    this.#waiting.unshift(...batch);
    this.#trouble = trouble;
    this.#expire();
    if (this.#waiting.length === 0) return;
    const longest = Math.min(pauseMs.most, pauseMs.least * 2 ** this.#failures);
    this.#failures += 1;
    const leftMs = this.#nextExpiry(this.#waiting) - this.#clock.mono();
    await this.#pause(Math.min(longest * (0.5 + Math.random() / 2), leftMs));
  }

  #pause(ms: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const forget = this.#clock.timer(Math.max(0, ms), resolve);
      this.#endPause = () => {
        forget();
        resolve();
      };
    });
  }

  #nextExpiry(entries: readonly Waiting[]): number {
    return entries.reduce((first, { expiresAt }) => Math.min(first, expiresAt), Infinity);
  }

  #expire(): void {
    const now = this.#clock.mono();
    const expired = this.#waiting.filter(({ expiresAt }) => expiresAt <= now);
    if (expired.length === 0) return;
    this.#waiting = this.#waiting.filter(({ expiresAt }) => expiresAt > now);
    this.#refuse(expired, this.#transactions.tooLate(this.#trouble));
  }

  #refuse(entries: readonly Waiting[], error: unknown): void {
    for (const { answer } of entries) answer({ ok: false, error });
  }
}
