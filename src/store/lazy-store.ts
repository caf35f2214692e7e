/** A store that is opened by its first unit, and again by a later one if that failed. */
import type { Answer, Interest, Store, StoreEvent, Unit } from './store.ts';

interface Subscription {
  readonly interest: Interest;
  readonly listener: (event: StoreEvent) => void;
  end: (() => void) | undefined;
}

type Run = Parameters<Store['run']>;

export class LazyStore implements Store {
  readonly #open: () => Promise<Store>;
  readonly #subscriptions = new Set<Subscription>();
  readonly #early: Run[] = [];
  #opening: Promise<void> | undefined;
  #store: Store | undefined;

  constructor(open: () => Promise<Store>) {
    this.#open = open;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    if (this.#store !== undefined) {
      this.#store.run(units, answer);
      return;
    }
    this.#early.push([units, answer]);
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
      this.#store = await this.#open();
      for (const subscription of this.#subscriptions) this.#attach(subscription);
      for (const run of this.#early.splice(0)) this.#store.run(...run);
    } catch (error) {
      for (const [units, answer] of this.#early.splice(0)) {
        for (const place of units.keys()) answer(place, { ok: false, error });
      }
    } finally {
      this.#opening = undefined;
    }
  }

  #attach(subscription: Subscription): void {
    subscription.end = this.#store?.subscribe(subscription.interest, subscription.listener);
  }
}
