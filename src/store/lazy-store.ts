/** A store that is opened by its first unit, and again by a later one if that failed or the store has died since. */
import type { Answer, Clock, Interest, Store, StoreEvent, Unit } from './store.ts';

interface Subscription {
  readonly interest: Interest;
  readonly listener: (event: StoreEvent) => void;
  end: (() => void) | undefined;
}

/** A unit that came before the store was open. */
interface Early {
  readonly unit: Unit;
  readonly answer: (answer: Answer) => void;
  readonly since: number;
  readonly forgetDeadline: () => void;
}

export interface Opening {
  readonly open: () => Promise<Store>;
  readonly clock: Clock;
  /** What to tell units that could not wait until the store was open. */
  readonly tooLate: () => unknown;
}

export class LazyStore implements Store {
  readonly #how: Opening;
  readonly #subscriptions = new Set<Subscription>();
  readonly #early = new Set<Early>();
  #opening: Promise<void> | undefined;
  #store: Store | undefined;

  constructor(how: Opening) {
    this.#how = how;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    if (this.#store !== undefined) {
      this.#store.run(units, answer);
      return;
    }
    for (const [place, unit] of units.entries())
      this.#hold(unit, (reply) => {
        answer(place, reply);
      });
    this.#opening ??= this.#openOrRefuse();
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    const subscription: Subscription = { interest, listener, end: undefined };
    this.#subscriptions.add(subscription);
    this.#attach(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      subscription.end?.();
    };
  }

  async close(): Promise<void> {
    await this.#opening;
    await this.#store?.close();
    this.#store = undefined;
  }

  async #openOrRefuse(): Promise<void> {
    try {
      const store = await this.#how.open();
      this.#opening = undefined;
      this.#begin(store);
    } catch (error) {
      this.#opening = undefined;
      for (const { answer } of this.#takeEarly()) answer({ ok: false, error });
    }
  }

  #begin(store: Store): void {
    this.#store = store;
    store.subscribe('closed', () => {
      this.#store = undefined;
    });
    for (const subscription of this.#subscriptions) this.#attach(subscription);
    const early = this.#takeEarly();
    store.run(
      early.map((each) => this.#inTime(each)),
      (place, reply) => {
        early[place]?.answer(reply);
      },
    );
  }

  #hold(unit: Unit, answer: (answer: Answer) => void): void {
    const { clock, tooLate } = this.#how;
    const forgetDeadline = clock.timer(unit.waitMs, () => {
      this.#early.delete(early);
      answer({ ok: false, error: tooLate() });
    });
    const early: Early = { unit, answer, since: clock.mono(), forgetDeadline };
    this.#early.add(early);
  }

  #takeEarly(): Early[] {
    const early = [...this.#early];
    this.#early.clear();
    for (const { forgetDeadline } of early) forgetDeadline();
    return early;
  }

  /** The unit with the time that is left to it. */
  #inTime({ unit, since }: Early): Unit {
    return { ...unit, waitMs: Math.max(0, unit.waitMs - (this.#how.clock.mono() - since)) };
  }

  #attach(subscription: Subscription): void {
    subscription.end = this.#store?.subscribe(subscription.interest, subscription.listener);
  }
}
