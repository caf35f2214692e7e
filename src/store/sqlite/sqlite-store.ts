/** The store on one SQLite database: composes connection, operations, group commit and signals. */
import { defaults } from '../../core/limits.ts';
import { looks, reads } from '../batching.ts';
import type { Answer, Clock, Interest, Operations, Store, StoreEvent, Unit } from '../store.ts';
import { CommitQueue } from './commit-queue.ts';
import { claimByReading, claiming } from './claiming.ts';
import { Busy, type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import type { Context } from './context.ts';
import { Guard } from './guard.ts';
import { Lanes } from './lanes.ts';
import { leases } from './leases.ts';
import { looking } from './looking.ts';
import { migrate, requireSchema } from './migrating.ts';
import { settling } from './settling.ts';
import { Signals } from './signals.ts';
import { busyError } from './sqlite-error.ts';
import { submitting } from './submitting.ts';
import { tending } from './tending.ts';
import { noTurns, TurnFile } from './turn-file.ts';
import { WakeFile } from './wake-file.ts';
import { Workflows } from './workflows.ts';

export interface SqliteOptions extends ConnectionOptions {
  readonly clock: Clock;
}

export class SqliteStore implements Store {
  readonly #connection: Connection;
  readonly #guard: Guard;
  readonly #lanes: Lanes;
  readonly #workflows: Workflows;
  readonly #done = { work: false, change: false };
  readonly #context: Context;
  readonly #operations: Operations;
  readonly #queue: CommitQueue;
  readonly #signals: Signals;
  readonly #turnFile: TurnFile | undefined;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#guard = new Guard(connection, clock);
    this.#lanes = new Lanes(connection);
    this.#workflows = new Workflows(connection, clock);
    const shared = { lanes: this.#lanes, workflows: this.#workflows, done: this.#done };
    this.#context = { connection, clock, ...shared };
    this.#operations = operationsOf(this.#context);
    const isShared = connection.path !== ':memory:';
    const wakeFile = isShared ? new WakeFile(connection.path) : undefined;
    this.#turnFile = isShared ? new TurnFile(connection.path) : undefined;
    this.#signals = new Signals(clock, () => this.#guard.version(), wakeFile);
    this.#queue = new CommitQueue(this.#transactions(), clock);
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    this.#queue.add(units, answer);
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    return this.#signals.subscribe(interest, listener);
  }

  close(): Promise<void> {
    this.#queue.abandon(busyError(this.#connection.path));
    this.#signals.close();
    this.#turnFile?.close();
    this.#connection.close();
    return Promise.resolve();
  }

  #transactions(): ConstructorParameters<typeof CommitQueue>[0] {
    return {
      path: this.#connection.path,
      turns: this.#turnFile ?? noTurns,
      begin: () => {
        this.#begin();
      },
      commit: () => {
        this.#commit();
      },
      rollback: () => {
        this.#rollback();
      },
      read: (unit) => this.#read(unit),
      write: (unit) => this.#perform(unit),
    };
  }

  #read(unit: Unit): Answer | undefined {
    if (looks.has(unit.op)) this.#guard.checkReadable();
    else this.#guard.check();
    if (unit.op === 'claim') {
      const reply = claimByReading(this.#context, unit.input);
      return reply === undefined ? undefined : { ok: true, reply };
    }
    return reads.has(unit.op) ? this.#perform(unit) : undefined;
  }

  #perform(unit: Unit): Answer {
    const operation = this.#operations[unit.op] as (input: Unit['input']) => never;
    return { ok: true, reply: operation(unit.input) };
  }

  #begin(): void {
    this.#guard.check();
    this.#connection.begin();
    try {
      this.#guard.checkSchema();
    } catch (error) {
      this.#connection.rollback();
      throw error;
    }
  }

  #commit(): void {
    this.#lanes.flush();
    this.#workflows.flush();
    this.#connection.commit();
    this.#guard.checkCommitted();
    const { work, change } = this.#done;
    this.#forgetWhatWasDone();
    if (work) this.#signals.wake();
    if (change) this.#signals.emit({ type: 'change' });
  }

  #rollback(): void {
    this.#connection.rollback();
    this.#lanes.forget();
    this.#workflows.forget();
    this.#forgetWhatWasDone();
  }

  #forgetWhatWasDone(): void {
    this.#done.work = false;
    this.#done.change = false;
  }
}

function operationsOf(context: Context): Operations {
  return {
    ...submitting(context),
    ...claiming(context),
    ...settling(context),
    ...leases(context),
    ...tending(context),
    ...looking(context),
  };
}

/** Opens the database, waiting up to 30 s for others that hold it; the schema is brought up to date if asked to. */
export async function openSqliteStore(path: string, options: SqliteOptions): Promise<SqliteStore> {
  const connection = await patiently(path, options.clock, () => prepare(path, options));
  return new SqliteStore(connection, options.clock);
}

function prepare(path: string, { clock, ...options }: SqliteOptions): Connection {
  const connection = openConnection(path, options);
  try {
    if (options.initialize) migrate(connection, { dryRun: false, now: clock.wall() });
    else requireSchema(connection);
    connection.verifyFiles();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Tries again from a timer while another connection stands in the way. */
export async function patiently<T>(path: string, clock: Clock, attempt: () => T): Promise<T> {
  const giveUpAt = clock.mono() + defaults.busyMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      if (clock.mono() >= giveUpAt) throw busyError(path, error);
      await new Promise<void>((resolve) => {
        clock.timer(2 + Math.random() * 3, resolve);
      });
    }
  }
}
