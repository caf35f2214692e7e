/**
 * Beats for the workers that register through a store, wherever that store lives: on the keeper's thread a handler that
 * blocks the event loop does not cost its worker the lease.
 *
 * A worker that cannot renew is in danger of being held for dead. While it can still read, it can tell: if some other
 * worker's beat goes on, it alone is cut off; if nobody's does, the lock is held by somebody, nobody can sweep either, and
 * its jobs may run on.
 */
import type { NewWorker, WorkerRecord } from '../core/worker.ts';
import type { Answer, Clock, Interest, Store, StoreEvent, Unit, WorkerKey } from './store.ts';

type Listener = (event: StoreEvent) => void;

/** In shares of the lease, since the last renewal began: when to beat, to look at the others, and to judge by them. */
const shares = { beat: 1 / 3, baseline: 0.4, verdict: 0.8 };
/** How often a verdict is looked at again, and a failed beat tried again. */
const againMs = 1000;

/** Callers of units: the client's are positive. The heartbeat reads as somebody else than it writes, so as not to wait for itself. */
const writer = -1;
const reader = -2;

export class AttendedStore implements Store {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hearts = new Map<string, Heart>();
  readonly #listeners = new Set<Listener>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    this.#store.run(units, (place, reply) => {
      this.#attend(units[place] as Unit, reply);
      answer(place, reply);
    });
  }

  subscribe(interest: Interest, listener: Listener): () => void {
    if (interest !== 'lease') return this.#store.subscribe(interest, listener);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    for (const heart of this.#hearts.values()) heart.stop();
    this.#hearts.clear();
    await this.#store.close();
  }

  #attend(unit: Unit, reply: Answer): void {
    if (!reply.ok) return;
    if (unit.op === 'register') this.#begin(unit.input, reply.reply as WorkerKey);
    else if (unit.op === 'leave') this.#end(unit.input.instance);
    else if (unit.op === 'renew')
      this.#hearts.get(unit.input.instance)?.remember(unit.input.stopping);
  }

  #begin(worker: NewWorker, key: WorkerKey): void {
    this.#end(key.instance);
    const emit: Emit = (state) => {
      this.#emit({ type: 'lease', instance: key.instance, state });
    };
    this.#hearts.set(
      key.instance,
      new Heart(this.#store, this.#clock, { key, leaseMs: worker.leaseMs, emit }),
    );
  }

  #end(instance: string): void {
    this.#hearts.get(instance)?.stop();
    this.#hearts.delete(instance);
  }

  #emit(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

type Emit = (state: 'renewed' | 'danger' | 'lost') => void;

interface HeartOptions {
  readonly key: WorkerKey;
  readonly leaseMs: number;
  readonly emit: Emit;
}

class Heart {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #options: HeartOptions;
  readonly #cancels = new Map<string, () => void>();
  #stopping = false;
  #stopped = false;
  /** Counts the renewals, so that a look that was asked before one tells nothing after it. */
  #renewals = 0;
  #others = new Map<string, number>();

  constructor(store: Store, clock: Clock, options: HeartOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#options = options;
    this.#renewedAt(clock.mono());
  }

  remember(stopping: boolean): void {
    this.#stopping = stopping;
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  /** Counts from the moment at which a renewal began: when its commit came through nobody can say. */
  #renewedAt(instant: number): void {
    const { leaseMs } = this.#options;
    const late = this.#clock.mono() - instant;
    this.#renewals += 1;
    this.#cancels.get('verdict')?.();
    this.#set('beat', leaseMs * shares.beat - late, () => {
      this.#beat();
    });
    this.#set('baseline', leaseMs * shares.baseline - late, () => {
      this.#takeBaseline();
    });
  }

  #set(name: string, ms: number, callback: () => void): void {
    this.#cancels.get(name)?.();
    this.#cancels.set(name, this.#clock.timer(Math.max(0, ms), callback));
  }

  #beat(): void {
    const began = this.#clock.mono();
    const input = { ...this.#options.key, stopping: this.#stopping };
    this.#run({ op: 'renew', input, caller: writer, waitMs: this.#options.leaseMs }, (answer) => {
      if (!answer.ok)
        this.#set('beat', againMs, () => {
          this.#beat();
        });
      else if (answer.reply === true) {
        this.#renewedAt(began);
        this.#options.emit('renewed');
      } else {
        this.stop();
        this.#options.emit('lost');
      }
    });
  }

  // The verdict is due so long after the baseline, however late that is: who was suspended beats before it judges.
  #takeBaseline(): void {
    const { leaseMs } = this.#options;
    this.#set('verdict', leaseMs * (shares.verdict - shares.baseline), () => {
      this.#judge();
    });
    this.#lookAtOthers((others) => {
      this.#others = others ?? new Map<string, number>();
    });
  }

  #judge(): void {
    this.#lookAtOthers((others) => {
      if (others === null || this.#somebodyBeats(others)) this.#options.emit('danger');
      else
        this.#set('verdict', againMs, () => {
          this.#judge();
        });
    });
  }

  #somebodyBeats(others: ReadonlyMap<string, number>): boolean {
    return [...others].some(([worker, beat]) => beat !== (this.#others.get(worker) ?? beat));
  }

  /** The beats of the other workers; null if they cannot be read. */
  #lookAtOthers(seen: (others: Map<string, number> | null) => void): void {
    const renewals = this.#renewals;
    this.#run({ op: 'workers', input: null, caller: reader, waitMs: againMs }, (answer) => {
      if (renewals !== this.#renewals) return;
      seen(answer.ok ? this.#beatsOf(answer.reply as readonly WorkerRecord[]) : null);
    });
  }

  #beatsOf(workers: readonly WorkerRecord[]): Map<string, number> {
    const others = workers.filter(({ instance }) => instance !== this.#options.key.instance);
    return new Map(others.map(({ instance, epoch, beat }) => [`${instance}/${epoch}`, beat]));
  }

  #run(unit: Unit, answered: (answer: Answer) => void): void {
    this.#store.run([unit], (_, answer) => {
      if (!this.#stopped) answered(answer);
    });
  }
}
