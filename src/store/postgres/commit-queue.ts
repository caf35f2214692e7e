/**
 * Group commit: everything that is called while a transaction is under way shares the next one, in the order of the calls.
 * One transaction at a time, but that one sent in one piece may go right behind another: while the server carries out the one,
 * we see to the answers to the other. What will pass (a deadlock, a lock, a lost connection) is tried again until the time of
 * each unit is up.
 */
import { batchLength, weightOf } from '../batching.ts';
import type { Answer, Clock, Unit } from '../store.ts';
import type { Attempt } from './at-once.ts';
import { NotAsHoped, Passing } from './postgres-error.ts';

/** What the queue needs of a session. */
export interface Transactions {
  /** Whether these units can be sent in one piece, with so much time: then what was sent before need not be answered. */
  isAtOnce(units: readonly Unit[], waitMs: number): boolean;
  /** The answers to units in one transaction that waits for locks no longer than it is told; they reject if it failed. */
  begin(units: readonly Unit[], how: How): Attempt;
  /** Ends a transaction of which nothing is heard. */
  giveUp(): void;
  /** What to tell a unit whose time is up, and why it had to wait, if that is known. */
  tooLate(trouble: Passing | undefined): unknown;
}

interface How {
  readonly waitMs: number;
  readonly isAtOnce: boolean;
}

interface Waiting {
  /** In the order of the calls. */
  readonly number: number;
  readonly unit: Unit;
  readonly answer: (answer: Answer) => void;
  readonly expiresAt: number;
  /** Set when a transaction that it shared has failed: from then on it fails or succeeds by itself. */
  isAlone: boolean;
  /** Set when a transaction failed because it was sent in one piece. */
  isByStep: boolean;
  /** When it is tried again after it alone has waited for a lock in vain; others go on meanwhile. 0: it has not. */
  stuckUntil: number;
}

/** What lies between a lock that was waited for in vain and a server that is not heard of any more. */
const graceMs = 500;
const pauseMs = { least: 2, most: 1000 };
/** How long a unit that is stuck keeps the others waiting, and how often. */
const stuckMs = { wait: 50, pause: 500 };
/** Two transactions take two commits: it takes so many items for that to be worth it. */
const worthwhile = 32;

export class CommitQueue {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  /** Transactions, with the callers whose units in them have an order. */
  readonly #underWay = new Map<Promise<void>, ReadonlySet<number>>();
  /** Of a transaction that is under way, not all has been sent. */
  #isSending = false;
  #isPausing = false;
  #added = 0;
  #isClosing = false;
  #trouble: Passing | undefined;
  #failures = 0;
  #endPause = (): void => undefined;
  #endRest = (): void => undefined;
  #watchedUntil = Infinity;
  #endWatch = (): void => undefined;

  constructor(transactions: Transactions, clock: Clock) {
    this.#transactions = transactions;
    this.#clock = clock;
  }

  add(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    const now = this.#clock.mono();
    const added = units.map((unit, place): Waiting => {
      const answered = (reply: Answer): void => {
        answer(place, reply);
      };
      const expiresAt = now + unit.waitMs;
      const number = (this.#added += 1);
      const untried = { isAlone: false, isByStep: false, stuckUntil: 0 };
      return { number, unit, answer: answered, expiresAt, ...untried };
    });
    this.#waiting.push(...added);
    this.#goOn();
    if (this.#waiting.length > 0) this.#watch(added);
  }

  /**
   * Answers what still waits, and waits for what is under way, which is not tried again, but done step by step if it has to be;
   * for a store that closes.
   */
  async abandon(error: unknown): Promise<void> {
    this.#isClosing = true;
    this.#isPausing = false;
    for (const end of [this.#endWatch, this.#endPause, this.#endRest]) end();
    this.#refuse(this.#waiting.splice(0), error);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.keys());
  }

  // ── what is next ──────────────────────────────────────────────────────────────────────────────

  /** Begins what can be begun. */
  #goOn(): void {
    this.#endRest();
    this.#expire();
    while (this.#waiting.length > 0 && !this.#isSending && !this.#isPausing) {
      const batch = this.#nextBatch();
      if (batch.length === 0) return this.#rest();
      const how = this.#howToRun(batch);
      if (!this.#mayBegin(batch, how)) return;
      const taken = new Set(batch);
      this.#waiting = this.#waiting.filter((entry) => !taken.has(entry));
      this.#begin(batch, how);
    }
  }

  /** A unit that is stuck in its turn, or else what may go on without it; nothing if all there is has to wait. */
  #nextBatch(): readonly Waiting[] {
    const stuck = this.#waiting.filter(({ stuckUntil }) => stuckUntil > 0);
    if (stuck.length === 0) return this.#waiting.slice(0, batchLength(this.#waiting));
    const now = this.#clock.mono();
    const due = stuck.find(({ stuckUntil }) => stuckUntil <= now);
    const free = due === undefined ? this.#free() : [due];
    return free.slice(0, batchLength(free));
  }

  /** A caller's units stay in order, but for settlements: nothing that a worker asks for rests on how its other jobs ended. */
  #free(): readonly Waiting[] {
    const held = new Set<number>();
    return this.#waiting.filter(({ unit, stuckUntil }) => {
      if (stuckUntil > 0 && unit.op !== 'settle') held.add(unit.caller);
      return stuckUntil === 0 && !held.has(unit.caller);
    });
  }

  #howToRun(batch: readonly Waiting[]): How {
    const leftMs = this.#nextExpiry(batch) - this.#clock.mono();
    const isStuck = batch.some(({ stuckUntil }) => stuckUntil > 0);
    const waitMs = isStuck ? Math.min(leftMs, stuckMs.wait) : leftMs;
    const units = batch.map(({ unit }) => unit);
    const isByStep = batch.some((entry) => entry.isByStep);
    return { waitMs, isAtOnce: !isByStep && this.#transactions.isAtOnce(units, waitMs) };
  }

  #mayBegin(batch: readonly Waiting[], { isAtOnce }: How): boolean {
    if (this.#underWay.size === 0) return true;
    const weight = batch.reduce((sum, { unit }) => sum + weightOf(unit), 0);
    if (this.#underWay.size > 1 || !isAtOnce || weight < worthwhile) return false;
    // Should the one before fail, it comes after this one.
    const [before] = this.#underWay.values();
    return ![...callersInOrder(batch)].some((caller) => before?.has(caller));
  }

  /** Until a unit that is stuck has its turn, or something new comes. */
  #rest(): void {
    const next = this.#waiting
      .filter(({ stuckUntil }) => stuckUntil > 0)
      .reduce((first, { stuckUntil }) => Math.min(first, stuckUntil), Infinity);
    const restMs = Math.max(0, next - this.#clock.mono());
    this.#endRest = this.#clock.timer(restMs, () => this.#goOn());
  }

  // ── transactions ──────────────────────────────────────────────────────────────────────────────

  #begin(batch: readonly Waiting[], how: How): void {
    this.#isSending = true;
    const forget = this.#clock.timer(this.#nextExpiry(batch) - this.#clock.mono() + graceMs, () => {
      this.#transactions.giveUp();
    });
    const units = batch.map(({ unit }) => unit);
    const { sent, answers } = this.#transactions.begin(units, how);
    const over = this.#answer(batch, answers).then(() => {
      forget();
      this.#underWay.delete(over);
      this.#goOn();
    });
    this.#underWay.set(over, callersInOrder(batch));
    void sent.then(() => {
      this.#isSending = false;
      this.#goOn();
    });
  }

  async #answer(batch: readonly Waiting[], answered: Promise<readonly Answer[]>): Promise<void> {
    let answers: readonly Answer[];
    try {
      answers = await answered;
    } catch (error) {
      return this.#fail(batch, error);
    }
    this.#trouble = undefined;
    this.#failures = 0;
    for (const [place, { answer }] of batch.entries()) answer(answers[place] as Answer);
  }

  #fail(batch: readonly Waiting[], error: unknown): void {
    const isPassing = error instanceof Passing;
    if (error instanceof NotAsHoped) this.#stepByStep(batch);
    else if (isPassing && this.#isClosing) this.#refuse(batch, this.#transactions.tooLate(error));
    else if (isPassing && error.isLockWait) this.#stuck(batch, error);
    else if (isPassing) this.#tryAgain(batch, error);
    else if (batch.length > 1) this.#separate(batch);
    else this.#refuse(batch, error);
  }

  #stepByStep(batch: readonly Waiting[]): void {
    for (const entry of batch) entry.isByStep = true;
    this.#putBack(batch);
  }

  /** Whatever failed, nothing of it stands. Alone, only the one whose fault it is fails again. */
  #separate(batch: readonly Waiting[]): void {
    for (const entry of batch) entry.isAlone = true;
    this.#putBack(batch);
  }

  /** Alone, only the one that waits for the lock is stuck. */
  #stuck(batch: readonly Waiting[], trouble: Passing): void {
    this.#trouble = trouble;
    if (batch.length > 1) return this.#separate(batch);
    for (const entry of batch) entry.stuckUntil = this.#clock.mono() + stuckMs.pause;
    this.#putBack(batch);
  }

  #tryAgain(batch: readonly Waiting[], trouble: Passing): void {
    this.#trouble = trouble;
    const longest = Math.min(pauseMs.most, pauseMs.least * 2 ** this.#failures);
    this.#failures += 1;
    this.#isPausing = true;
    this.#endPause();
    this.#endPause = this.#clock.timer(longest * (0.5 + Math.random() / 2), () => {
      this.#isPausing = false;
      this.#goOn();
    });
    this.#putBack(batch);
  }

  #putBack(batch: readonly Waiting[]): void {
    // Of several that failed, the first one is not always the first to say so.
    this.#waiting = [...batch, ...this.#waiting].toSorted((a, b) => a.number - b.number);
    this.#expire();
    this.#watch(batch);
  }

  // ── time that is up ───────────────────────────────────────────────────────────────────────────

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

/** Nothing that a worker asks for rests on how its other jobs ended, or on what else it has asked for. */
function callersInOrder(batch: readonly Waiting[]): ReadonlySet<number> {
  const inOrder = batch.filter(({ unit }) => unit.op !== 'settle' && unit.op !== 'claim');
  return new Set(inOrder.map(({ unit }) => unit.caller));
}
