/**
 * How long to leave a lock alone that another process holds. The longer one usually waits, the longer each pause: where many
 * wait, whoever looks too often takes the CPU from whoever holds it. Drawn anew each time, so that waiters do not march in step.
 *
 * Chance alone lets a few wait for very long. Whoever has waited for too long asks for a turn, looks often, and is given way
 * to by all who have not.
 */
import type { Turns } from './turn-file.ts';

const leastMs = 0.5;
const spreadMs = { least: 2, most: 20 };
/** How much of the usual wait one pause is at most, and how much the last wait counts for it, if it was not longer than that. */
const share = 0.25;
const weight = 0.2;
const countedMs = 5000;

/** What is too long: more than the one, and more than so many usual waits: it must never be most who ask. */
const tooLong = { ms: 150, waits: 1.5 };
/** So long it looks often: a lock that is held for long is not worth more, above all if many wait for it. */
const quickMs = 100;
/** A pause of somebody who gives way: longer than those of whoever is given way to. */
const wayMs = { least: 8, spread: 8 };
/** Who has asked asks again with each look; who has not for so long has the lock, or is gone. */
const askedForMs = 10;
/** At most so long at a time, whoever asks. */
const wayAtMostMs = 50;
/** Who has met nobody for so long looks whether anybody asks no more often than that: it may be alone, or never let anybody in. */
const alonePastMs = 1000;
const aloneLooksMs = 5;

export class Patience {
  readonly #turns: Turns;
  #usualMs = 0;
  #since: number | undefined;
  #metAt = -Infinity;
  #lookedAt = -Infinity;
  #givesWaySince: number | undefined;
  /** Its own turn was not asked of itself. */
  #askedAt: number | undefined;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * Before the lock is tried for: whether it is left to somebody who has waited for too long. Not by who would be too late at
   * the next look.
   */
  givesWay(now: number, deadline = Infinity): boolean {
    if (deadline - now <= wayMs.least + wayMs.spread || !this.#isAsked(now))
      this.#givesWaySince = undefined;
    else this.#givesWaySince ??= now;
    if (this.#givesWaySince === undefined) return false;
    if (now - this.#givesWaySince <= wayAtMostMs) return true;
    this.#givesWaySince = undefined;
    return false;
  }

  /** The lock could not be had: how long until the next look. */
  pauseMs(now: number): number {
    this.#since ??= now;
    this.#metAt = now;
    if (this.#givesWaySince !== undefined) return wayMs.least + Math.random() * wayMs.spread;
    const overMs = this.#overMs(now);
    if (overMs > 0) this.#ask(now);
    const isQuick = overMs > 0 && overMs <= quickMs;
    return leastMs + Math.random() * (isQuick ? spreadMs.least : this.#usualSpreadMs());
  }

  /** The wait, if there was one, is over, with the lock or without. */
  over(now: number): void {
    const waitedMs = this.#since === undefined ? 0 : now - this.#since;
    this.#usualMs += (Math.min(waitedMs, countedMs) - this.#usualMs) * weight;
    this.#since = undefined;
  }

  /** The lock is not waited for any more, for a reason that says nothing of how long one waits. */
  forget(): void {
    this.#since = undefined;
  }

  #usualSpreadMs(): number {
    return Math.min(spreadMs.most, Math.max(spreadMs.least, this.#usualMs * share));
  }

  /** By how much it has waited for too long. */
  #overMs(now: number): number {
    const limitMs = Math.max(tooLong.ms, tooLong.waits * this.#usualMs);
    return this.#since === undefined ? 0 : Math.max(0, now - this.#since - limitMs);
  }

  #ask(now: number): void {
    this.#askedAt = now;
    this.#turns.ask(now);
  }

  #isAsked(now: number): boolean {
    const isAlone = now - this.#metAt > alonePastMs;
    if (this.#overMs(now) > 0 || (isAlone && now - this.#lookedAt < aloneLooksMs)) return false;
    this.#lookedAt = now;
    const askedAt = this.#turns.askedAt();
    return askedAt !== this.#askedAt && Math.abs(now - askedAt) <= askedForMs;
  }
}
