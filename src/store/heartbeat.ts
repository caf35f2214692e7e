/**
 * Beats for the workers that register through a store, wherever that store lives: on the keeper's thread a handler that
 * blocks the event loop does not cost its worker the lease.
 *
 * A worker that cannot renew is in danger of being held for dead. While it can still read, it can tell: if some other
 * worker's beat goes on, it alone is cut off; if nobody's does, the lock is held by somebody, nobody can sweep either, and
 * its jobs may run on.
 */
import type { Lease, Settlement } from '../core/job.ts';
import { defaults } from '../core/limits.ts';
import type { Attention, AttendedWorker, WorkerRecord } from '../core/worker.ts';
import { Overdue, type OverdueHost } from './overdue.ts';
import type {
  Answer,
  Claim,
  Clock,
  Interest,
  Store,
  StoreEvent,
  Unit,
  WorkerKey,
} from './store.ts';

type Listener = (event: StoreEvent) => void;

/** In shares of the lease, since the last renewal began: when to beat, to look at the others, and to judge by them. */
const shares = { beat: 1 / 3, baseline: 0.4, verdict: 0.8 };
/** How often a verdict is looked at again, and a failed beat tried again. */
const againMs = 1000;
/** The share of the lease after which a failed beat is tried again at the latest: it comes before the verdict of who was suspended. */
const againShare = 0.1;
/** What has not been read by then counts as what cannot be read: a verdict has to come before the lease ends. */
const lookMs = 500;

/** Callers of units: the client's are positive. The heartbeat reads as somebody else than it writes, so as not to wait for itself. */
const writer = -1;
const reader = -2;

/** What becomes of a process in which a handler blocks the event loop for good, and that somebody will replace. */
export type EndProcess = () => void;

interface Attended {
  readonly heart: Heart;
  readonly overdue: Overdue | null;
}

export class AttendedStore implements Store, OverdueHost {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #endProcess: EndProcess;
  readonly #workers = new Map<string, Attended>();
  readonly #listeners = new Set<Listener>();

  constructor(store: Store, clock: Clock, endProcess: EndProcess = () => undefined) {
    this.#store = store;
    this.#clock = clock;
    this.#endProcess = endProcess;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    for (const unit of units) this.#notice(unit);
    this.#store.run(units.map(plainUnit), (place, reply) => {
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
    for (const instance of this.#workers.keys()) this.#end(instance);
    await this.#store.close();
  }

  /** What a call tells by itself, whatever comes of it. */
  #notice(unit: Unit): void {
    if (unit.op === 'renew') this.#workers.get(unit.input.instance)?.overdue?.signed();
    // Its beats end with it, also if its farewell does not come through.
    else if (unit.op === 'leave') this.#end(unit.input.instance);
    else if (unit.op === 'settle')
      for (const { overdue } of this.#workers.values())
        for (const settlement of unit.input) overdue?.settling(settlement);
  }

  #attend(unit: Unit, reply: Answer): void {
    if (!reply.ok) return;
    if (unit.op === 'register') this.#begin(unit.input, reply.reply as WorkerKey);
    else if (unit.op === 'renew')
      this.#workers.get(unit.input.instance)?.heart.remember(unit.input.stopping);
    else if (unit.op === 'held')
      this.#workers
        .get(unit.input.instance)
        ?.overdue?.holds(reply.reply as readonly Lease[], unit.input.among);
    else if (unit.op === 'claim')
      this.#workers.get(unit.input.worker.instance)?.overdue?.claimed((reply.reply as Claim).jobs);
  }

  #begin(worker: AttendedWorker, key: WorkerKey): void {
    this.#end(key.instance);
    const emit: Emit = (state) => this.#emit({ type: 'lease', instance: key.instance, state });
    const heart = new Heart(this.#store, this.#clock, { key, leaseMs: worker.leaseMs, emit });
    const { attention } = worker;
    const parts = { clock: this.#clock, host: this };
    const overdue = attention === undefined ? null : new Overdue(key, attention, parts);
    this.#workers.set(key.instance, { heart, overdue });
  }

  #end(instance: string): void {
    const worker = this.#workers.get(instance);
    worker?.heart.stop();
    worker?.overdue?.stop();
    this.#workers.delete(instance);
  }

  #emit(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  // ── OverdueHost ───────────────────────────────────────────────────────────────────────────────

  askWhatIsHeld(
    worker: WorkerKey,
    among: readonly Lease[],
    told: (leases: readonly Lease[]) => void,
  ): void {
    const input = { ...worker, among };
    const unit: Unit = { op: 'held', input, caller: reader, waitMs: againMs };
    this.#store.run([unit], (_, answer) => {
      if (answer.ok) told(answer.reply as readonly Lease[]);
    });
  }

  askForSign(instance: string): void {
    this.#emit({ type: 'lease', instance, state: 'asked' });
  }

  heldUp(settlements: readonly Settlement[]): void {
    const unit: Unit = {
      op: 'settle',
      input: settlements,
      caller: writer,
      waitMs: defaults.busyMs,
    };
    this.#store.run([unit], () => undefined);
  }

  /** Ends the worker's life as it would itself, if it could; should it be heard of again, it registers again. */
  blocked(
    worker: WorkerKey,
    settlements: readonly Settlement[],
    { isReplaceable }: Attention,
  ): void {
    const common = { caller: writer, waitMs: defaults.busyMs };
    const units: Unit[] = [
      { op: 'settle', input: settlements, ...common },
      { op: 'leave', input: worker, ...common },
    ];
    this.#store.run(units, (place) => {
      if (place !== 1) return;
      this.#end(worker.instance);
      this.#emit({ type: 'lease', instance: worker.instance, state: 'lost' });
      if (isReplaceable) this.#endProcess();
    });
  }
}

function plainUnit(unit: Unit): Unit {
  if (unit.op !== 'register' || !('attention' in unit.input)) return unit;
  const { attention: _, offers: __, ...input } = unit.input as AttendedWorker;
  return { ...unit, input };
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
        this.#set('beat', Math.min(againMs, this.#options.leaseMs * againShare), () => {
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
    let isOver = false;
    const over = (others: Map<string, number> | null): void => {
      if (!isOver && renewals === this.#renewals) seen(others);
      isOver = true;
    };
    this.#set('look', lookMs, () => {
      over(null);
    });
    this.#run(
      { op: 'workers', input: { runningOf: 'lost' }, caller: reader, waitMs: lookMs },
      (answer) => {
        over(answer.ok ? this.#beatsOf(answer.reply as readonly WorkerRecord[]) : null);
      },
    );
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
