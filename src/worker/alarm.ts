/** One timer of any length that is set again and again: setting it undoes what was set before. */
import { after } from '../client/long-timer.ts';

export class Alarm {
  readonly #callback: () => void;
  #undo: (() => void) | null = null;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  get isSet(): boolean {
    return this.#undo !== null;
  }

  /** Keeps the process alive until then. */
  set(ms: number): void {
    this.clear();
    this.#undo = after(ms, () => {
      this.#undo = null;
      this.#callback();
    });
  }

  clear(): void {
    this.#undo?.();
    this.#undo = null;
  }
}
