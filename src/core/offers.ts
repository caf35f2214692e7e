/**
 * Jobs that are offered to a worker on another thread, which may be blocked and not hear of them. Taking an offer and
 * withdrawing it are both closing it, and of the two only the first one does.
 */
export class Offers {
  readonly buffer: SharedArrayBuffer;
  /** Twice the number of the last offer, and one more once that is closed. */
  readonly #last: Int32Array;

  constructor(buffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#last = new Int32Array(buffer);
  }

  /** Numbers count up from 1. */
  open(number: number): void {
    Atomics.store(this.#last, 0, number * 2);
  }

  /** Whether it was still open. */
  close(number: number): boolean {
    return Atomics.compareExchange(this.#last, 0, number * 2, number * 2 + 1) === number * 2;
  }
}
