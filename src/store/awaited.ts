/**
 * What is awaited, by consecutive numbers. Not a Map: one that is added to and deleted from without end keeps what has passed
 * through it alive until the next full collection, for its old tables refer to the new ones: half a kilobyte a call, measured.
 */
export class Awaited<T> {
  #items: (T | undefined)[] = [];
  /** The number of the first item. */
  #first = 0;

  /** Returns the item's number. */
  add(item: T): number {
    return this.#first + this.#items.push(item) - 1;
  }

  take(number: number): T | undefined {
    const item = this.#items[number - this.#first];
    this.#items[number - this.#first] = undefined;
    while (this.#items.length > 0 && this.#items[0] === undefined) {
      this.#items.shift();
      this.#first += 1;
    }
    return item;
  }

  takeAll(): T[] {
    const left = this.#items.filter((item) => item !== undefined);
    this.#first += this.#items.length;
    this.#items = [];
    return left;
  }
}
