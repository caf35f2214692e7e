/** The places in which a worker runs jobs. A slot is free, asked for by a claim, or taken by a job. */

/** From so many slots on, the time that handlers take is worth hiding behind the store's. Of fewer, a half is hardly worth its commit. */
const halvedFrom = 50;

export class Slots {
  readonly count: number;
  readonly #free: string[];
  /** Taken by jobs while a claim that asks for them is on its way. */
  readonly #occupied = new Set<string>();

  /** One slot bears the worker's own id; several are numbered. */
  constructor(workerId: string, count: number) {
    this.count = count;
    this.#free = count === 1 ? [workerId] : numbered(workerId, count);
  }

  /** How many are claimed, and begun, at a time: one half of many, so that it is recorded while the other half runs. */
  get atOnce(): number {
    return this.count < halvedFrom ? this.count : Math.ceil(this.count / 2);
  }

  /**
   * Whether others may be claimed while a claim for so many is on its way. Beside one for most of the slots, those that become free
   * wait for it: then all are claimed together, and stay together as long as their jobs take no time.
   */
  mayClaimBeside(asked: number): boolean {
    return this.count >= halvedFrom || asked * 2 < this.count;
  }

  get free(): number {
    return this.#free.length;
  }

  /** Takes up to so many, those first that were given back last. */
  take(wanted: number): readonly string[] {
    return this.#free.splice(Math.max(0, this.#free.length - wanted)).toReversed();
  }

  /** Takes these very ones, for jobs that have come. */
  occupy(slots: readonly string[]): void {
    for (const slot of slots) {
      const place = this.#free.indexOf(slot);
      if (place === -1) this.#occupied.add(slot);
      else this.#free.splice(place, 1);
    }
  }

  giveBack(slots: readonly string[]): void {
    this.#free.push(...slots.filter((slot) => !this.#occupied.delete(slot)).toReversed());
  }
}

function numbered(workerId: string, count: number): string[] {
  return Array.from({ length: count }, (_, place) => `${workerId}-${count - 1 - place}`);
}
