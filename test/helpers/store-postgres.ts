// PostgreSQL stores for tests: in place, each on a schema of its own whose clock the test owns.
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import pg from 'pg';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import type { Answer, Clock, Interest, Store, StoreEvent, Unit } from '../../dist/store/store.js';
import { serverAddress } from './postgres-server.ts';
import { FakeClock } from './store-clock.ts';
import { type Scope, Seam } from './store-seam.ts';

// ── the database beside the stores ──────────────────────────────────────────────────────────────

let beside: Promise<pg.Client> | undefined;

/** One session beside those of the stores, for all tests of a file. */
async function session(): Promise<pg.Client> {
  beside ??= serverAddress().then(async (connectionString) => {
    const client = new pg.Client({ connectionString, application_name: 'tests' });
    await client.connect();
    return client;
  });
  return beside;
}

type Row = Readonly<Record<string, unknown>>;

export async function query(text: string, values: unknown[] = []): Promise<readonly Row[]> {
  return (await (await session()).query<Row>(text, values)).rows;
}

/** Whether a statement waits for a lock in which that text occurs: the name of a schema, or of a table. */
export async function isWaiting(text: string): Promise<boolean> {
  // Within a transaction sessions are shown as they were at the first look.
  await query('SELECT pg_stat_clear_snapshot()');
  const waiting = await query(
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, $1) > 0",
    [text],
  );
  return waiting.length > 0;
}

export interface Place {
  readonly address: string;
  readonly schema: string;
}

const made: string[] = [];

/** The address of a schema of its own, which is not there yet, and is gone when the tests are over. */
export async function freshSchema(): Promise<Place> {
  return schemaOn(await serverAddress());
}

/** The same, on the server of all tests. */
export function schemaOn(server: string): Place {
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  made.push(schema);
  const address = new URL(server);
  address.searchParams.set('schema', schema);
  return { address: address.href, schema };
}

after(async () => {
  for (const schema of made) await query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  if (beside !== undefined) await (await beside).end();
});

// ── stores ──────────────────────────────────────────────────────────────────────────────────────

/** The clock of the test that has the store just now. */
class BorrowedClock implements Clock {
  of = new FakeClock();

  wall(): number {
    return this.of.wall();
  }

  mono(): number {
    return this.of.mono();
  }

  timer(ms: number, callback: () => void): () => void {
    return this.of.timer(ms, callback);
  }
}

/** A store that reads the time off a test's clock: it stands in a table of the schema. */
class ClockedStore implements Store {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #schema: string;
  #told: number;
  #ready: Promise<unknown> = Promise.resolve();

  constructor(store: Store, clock: Clock, schema: string) {
    this.#store = store;
    this.#clock = clock;
    this.#schema = schema;
    this.#told = 0;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    const now = this.#clock.wall();
    if (now !== this.#told)
      this.#ready = query(`UPDATE ${this.#schema}.test_clock SET now = $1`, [now]);
    this.#told = now;
    void this.#ready.then(() => this.#store.run(units, answer));
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    return this.#store.subscribe(interest, listener);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** A store that is open, and the clock that it goes by. */
interface Opened {
  readonly place: Place;
  readonly store: Store;
  readonly clock: BorrowedClock;
}

/** Stores that tests have left, their schemas empty: to make one takes thirty times as long. */
const left: Opened[] = [];

async function open(place: Place, clock = new BorrowedClock()): Promise<Opened> {
  const { address, schema } = place;
  const store = await openPostgresStore(address, { clock, initialize: true });
  await query(clockOf(schema));
  return { place, store: new ClockedStore(store, clock, schema), clock };
}

after(async () => {
  for (const { store } of left) await store.close();
});

/** A seam with what lies under it. */
export class PostgresSeam extends Seam {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    super(opened.store, opened.clock.of);
    this.#opened = opened;
  }

  get place(): Place {
    return this.#opened.place;
  }

  /** Counts the rows that are written, from the first call on. */
  async writes(): Promise<number> {
    const { schema } = this.place;
    await query(countingOf(schema));
    const [row] = await query(`SELECT last_value AS writes FROM ${schema}.test_writes`);
    return Number(row?.['writes']);
  }
}

/** An empty store for as long as the test takes; `reopen` closes it and opens it again. */
export async function openPostgres(
  scope: Scope,
): Promise<{ readonly seam: PostgresSeam; readonly reopen: () => Promise<PostgresSeam> }> {
  let opened = left.pop() ?? (await open(await freshSchema()));
  opened.clock.of = new FakeClock();
  scope.after(async () => {
    await query(emptying(opened.place.schema));
    left.push(opened);
  });
  const reopen = async (): Promise<PostgresSeam> => {
    await opened.store.close();
    opened = await open(opened.place, opened.clock);
    return new PostgresSeam(opened);
  };
  return { seam: new PostgresSeam(opened), reopen };
}

// ── SQL ─────────────────────────────────────────────────────────────────────────────────────────

// Lanes are remembered by who knows them, and there is nothing of jobs in them.
const tables = ['workers', 'workflows', 'jobs', 'edges', 'executions'];

function clockOf(schema: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${schema}.test_clock AS SELECT 0::bigint AS now;
    CREATE OR REPLACE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
    AS 'SELECT now FROM ${schema}.test_clock'`;
}

/** A sequence goes on whatever becomes of the transaction. */
function countingOf(schema: string): string {
  const triggers = tables.map(
    (table) => `
      CREATE OR REPLACE TRIGGER test_writes AFTER INSERT OR UPDATE OR DELETE ON ${schema}.${table}
      FOR EACH ROW EXECUTE FUNCTION ${schema}.test_count();`,
  );
  return `
    CREATE SEQUENCE IF NOT EXISTS ${schema}.test_writes;
    CREATE OR REPLACE FUNCTION ${schema}.test_count() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM nextval('${schema}.test_writes'); RETURN NULL; END $$;
    ${triggers.join('')}`;
}

function emptying(schema: string): string {
  const all = tables.map((table) => `${schema}.${table}`).join(', ');
  return `
    DROP FUNCTION IF EXISTS ${schema}.test_count CASCADE;
    TRUNCATE ${all} RESTART IDENTITY`;
}
