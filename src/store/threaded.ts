/** The keeper's proxy: the same seam, a thread away. Values and errors cross as plain data. */
import { Worker } from 'node:worker_threads';
import { GigqError, fromPlainError } from '../core/errors.ts';
import { Awaited } from './awaited.ts';
import type { FromKeeper, KeeperOptions, PlainAnswer, ToKeeper } from './messages.ts';
import { packUnit, unpackReply } from './packing.ts';
import type { Answer, Interest, Operation, Store, StoreEvent, Unit } from './store.ts';

/** For what lives as long as one commit. By default V8 lets it grow to several times as much, which saves nothing. */
const youngMiB = 16;

type Listener = (event: StoreEvent) => void;

interface Asked {
  readonly op: Operation;
  readonly answered: (answer: Answer) => void;
}

export class ThreadedStore implements Store {
  readonly #thread: Worker;
  readonly #awaited = new Awaited<Asked>();
  readonly #listeners = new Map<Interest, Set<Listener>>();
  readonly #exited: Promise<void>;
  #isClosing = false;
  #cause: unknown;

  constructor(options: KeeperOptions) {
    const keeper = new URL(import.meta.resolve('#keeper'));
    this.#thread = new Worker(keeper, {
      workerData: options,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: youngMiB },
      name: 'gigq keeper',
    });
    this.#thread.on('message', (message: FromKeeper) => {
      this.#receive(message);
    });
    // Only now: a listener for messages makes the thread count again.
    this.#thread.unref();
    this.#thread.on('error', (error) => {
      this.#cause = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#thread.on('exit', () => {
        this.#mourn();
        resolve();
      });
    });
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    const numbers = units.map(({ op }, place) =>
      this.#awaited.add({ op, answered: (reply) => answer(place, reply) }),
    );
    this.#post({ type: 'run', first: numbers[0] ?? 0, units: units.map(packUnit) });
  }

  subscribe(interest: Interest, listener: Listener): () => void {
    const listeners = this.#listeners.get(interest) ?? new Set();
    this.#listeners.set(interest, listeners.add(listener));
    if (listeners.size === 1) this.#post({ type: 'interest', interest, wanted: true });
    return () => {
      if (listeners.delete(listener) && listeners.size === 0)
        this.#post({ type: 'interest', interest, wanted: false });
    };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#post({ type: 'close' });
    this.#thread.ref();
    await this.#exited;
  }

  #post(message: ToKeeper): void {
    this.#thread.postMessage(message);
  }

  #receive(message: FromKeeper): void {
    if (message.type === 'event') this.#emit(message.event);
    else for (const [number, answer] of message.answers) this.#deliver(number, answer);
  }

  #deliver(number: number, answer: PlainAnswer): void {
    const asked = this.#awaited.take(number);
    if (asked === undefined) return;
    if (answer.ok) asked.answered({ ok: true, reply: unpackReply(asked.op, answer.reply) });
    else asked.answered({ ok: false, error: fromPlainError(answer.error) });
  }

  #emit(event: StoreEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }

  /** The thread is gone: nothing that was asked of it will be answered. */
  #mourn(): void {
    const error = new GigqError('keeper_died', 'The thread that keeps the database has ended', {
      cause: this.#cause,
    });
    for (const { answered } of this.#awaited.takeAll()) answered({ ok: false, error });
    if (!this.#isClosing) this.#emit({ type: 'closed', error });
  }
}
