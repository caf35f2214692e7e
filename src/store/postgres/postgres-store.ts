/** The store on one schema of a PostgreSQL database: composes sessions and signals. */
import type { Durability } from '../../core/limits.ts';
import { reads } from '../batching.ts';
import type { Migrated } from '../migrate.ts';
import type { Answer, Clock, Interest, Store, StoreEvent, Unit } from '../store.ts';
import { parseAddress } from './address.ts';
import { Driver } from './connecting.ts';
import { Connection } from './connection.ts';
import { repair } from './doctor/repair.ts';
import { loadPg } from './library.ts';
import { migrate, requireSchema } from './migrating.ts';
import { Notifications } from './notify.ts';
import { patiently } from './patience.ts';
import { Session } from './session.ts';

export interface PostgresOptions {
  readonly clock: Clock;
  /** Whether a missing schema is made. */
  readonly initialize: boolean;
  /** Default 'full'. */
  readonly durability?: Durability;
}

export class PostgresStore implements Store {
  readonly #signals: Notifications;
  /** Heartbeats have a session of their own: whatever the others wait for, they go on. */
  readonly #heartbeats: Session;
  readonly #session: Session;

  constructor(
    driver: Driver,
    connection: Connection,
    { clock, durability = 'full' }: PostgresOptions,
  ) {
    this.#signals = new Notifications(driver, clock);
    const committed = this.#signals.committed.bind(this.#signals);
    this.#session = new Session(connection, { clock, committed });
    this.#heartbeats = new Session(new Connection(driver, durability, true), {
      clock,
      committed,
    });
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    const places = [...units.keys()];
    const isHeartbeat = (place: number): boolean => isBeat(units[place] as Unit);
    const beats = places.filter(isHeartbeat);
    const others = places.filter((place) => !isHeartbeat(place));
    for (const [session, own] of [
      [this.#heartbeats, beats],
      [this.#session, others],
    ] as const) {
      if (own.length === 0) continue;
      session.run(
        own.map((place) => units[place] as Unit),
        (place, reply) => {
          answer(own[place] as number, reply);
        },
      );
    }
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    return this.#signals.subscribe(interest, listener);
  }

  async close(): Promise<void> {
    await Promise.all([this.#signals.close(), this.#heartbeats.close(), this.#session.close()]);
  }
}

/**
 * Whoever attends to workers is a caller below 0 (see heartbeat.ts). What it looks at meanwhile is read by the other session:
 * a look that waited for a beat would come when it is too late.
 */
function isBeat({ op, caller }: Unit): boolean {
  return caller < 0 && !reads.has(op);
}

/** Connects, waiting up to 5 s for a server that cannot be reached; the schema is brought up to date if asked to. */
export async function openPostgresStore(
  database: string,
  options: PostgresOptions,
): Promise<PostgresStore> {
  const driver = await driverFor(database, options.clock);
  const connection = new Connection(driver, options.durability ?? 'full', true);
  try {
    await patiently(driver, options.clock, async () => {
      if (options.initialize) await migrate(connection, { dryRun: false });
      else await requireSchema(connection);
    });
    return new PostgresStore(driver, connection, options);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Brings a database to the schema of this version, or tells what that would take. */
export async function migratePostgres(
  database: string,
  { clock, dryRun }: { readonly clock: Clock; readonly dryRun: boolean },
): Promise<Migrated> {
  const driver = await driverFor(database, clock);
  const connection = new Connection(driver, 'full');
  try {
    return await patiently(driver, clock, () => migrate(connection, { dryRun }));
  } finally {
    await connection.close();
  }
}

/** Repairs what is wrong with the rows of a sound schema. */
export async function repairPostgres(database: string, clock: Clock): Promise<void> {
  const driver = await driverFor(database, clock);
  const connection = new Connection(driver, 'full');
  try {
    await patiently(driver, clock, () => repair(connection));
  } finally {
    await connection.close();
  }
}

export async function driverFor(database: string, clock: Clock): Promise<Driver> {
  const address = parseAddress(database);
  return new Driver(await loadPg(), address, clock);
}
