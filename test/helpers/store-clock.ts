// A clock that stands still until a test moves it.
import type { Clock } from '../../dist/store/store.js';
import { turn } from './store-turn.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #wall = Date.UTC(2026, 0, 1);
  #mono = 0;
  readonly #timers = new Set<Timer>();

  wall(): number {
    return Math.floor(this.#wall);
  }

  mono(): number {
    return this.#mono;
  }

  timer(ms: number, callback: () => void): () => void {
    const timer = { at: this.#mono + ms, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Somebody sets the wall clock; the monotonic one does not notice, and no timer fires. */
  setWall(change: number): void {
    this.#wall += change;
  }

  /** Lets time pass, firing what is due one by one, each with what it leads to. */
  async advance(ms: number): Promise<void> {
    const until = this.#mono + ms;
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#timers.delete(timer);
      this.#moveTo(Math.max(timer.at, this.#mono));
      timer.callback();
      await turn();
    }
    this.#moveTo(until);
  }

  /** The process is suspended: time passes, and what was due fires late, once it goes on. */
  async suspend(ms: number): Promise<void> {
    this.#moveTo(this.#mono + ms);
    await this.advance(0);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  #next(until: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= until);
    return due.toSorted((a, b) => a.at - b.at)[0];
  }

  #moveTo(mono: number): void {
    this.#wall += mono - this.#mono;
    this.#mono = mono;
  }
}
