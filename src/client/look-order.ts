/**
 * In which order the jobs that are waited for are looked at. A look is bounded, however many wait: it takes those
 * that were never looked at, those that were waited for first (they tend to end first), and then the rest by turns.
 */
const idsPerLook = 1000;

export class LookOrder {
  readonly #waiting: ReadonlyMap<string, unknown>;
  readonly #fresh = new Set<string>();
  #turns: Iterator<string, undefined>;
  /** How many have still to be looked at until none can have ended unseen. */
  #owed = 0;

  constructor(waiting: ReadonlyMap<string, unknown>) {
    this.#waiting = waiting;
    this.#turns = waiting.keys();
  }

  /** Any of them may have ended. */
  refresh(): void {
    this.#owed = this.#waiting.size;
  }

  add(id: string): void {
    this.#fresh.add(id);
    this.refresh();
  }

  remove(id: string): void {
    this.#fresh.delete(id);
  }

  get isDone(): boolean {
    return this.#owed <= 0 || this.#waiting.size === 0;
  }

  /** The ids for the next look; not to be called when all is done. */
  next(): string[] {
    const ids = new Set(this.#fresh.keys().take(idsPerLook));
    for (const id of ids) this.#fresh.delete(id);
    if (this.#waiting.size <= idsPerLook) return this.#all();
    const room = Math.min(idsPerLook / 2, idsPerLook - ids.size);
    for (const id of this.#waiting.keys().take(room)) ids.add(id);
    while (ids.size < idsPerLook) ids.add(this.#turn());
    return [...ids];
  }

  #all(): string[] {
    this.#owed = 0;
    return [...this.#waiting.keys()];
  }

  #turn(): string {
    const { value } = this.#turns.next();
    if (value !== undefined) {
      this.#owed -= 1;
      return value;
    }
    this.#turns = this.#waiting.keys();
    return this.#turn();
  }
}
