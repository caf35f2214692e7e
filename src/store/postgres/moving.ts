/** A schema as the target of a move: one transaction, from the first look at what is there to the last row. */
import { GigqError } from '../../core/errors.ts';
import { defaults } from '../../core/limits.ts';
import {
  columns,
  type Kind,
  type Landing,
  type LastPlaces,
  type MovedRow,
  type MovedValue,
  type MoveRecord,
  type MoveTarget,
  type Place,
  type Tallies,
} from '../moving.ts';
import type { Clock } from '../store.ts';
import type { Driver } from './connecting.ts';
import { Connection, type Values } from './connection.ts';
import { hintForMoving } from './grants.ts';
import { landingOf } from './landing.ts';
import { Lanes } from './lanes.ts';
import { applyMissing, lockSchema, mayNotMake, requireSchema } from './migrating.ts';
import { channelsOf } from './notify.ts';
import { patiently } from './patience.ts';
import { Passing, tooLate } from './postgres-error.ts';
import { driverFor } from './postgres-store.ts';
import { inSchema, type Statement } from './prepared.ts';

const statements = {
  workflows: { add: 'moveWorkflows', read: 'movedWorkflows' },
  jobs: { add: 'moveJobs', read: 'movedJobs' },
  edges: { add: 'moveEdges', read: 'movedEdges' },
  executions: { add: 'moveExecutions', read: 'movedExecutions' },
} as const satisfies Readonly<Record<Kind, Readonly<Record<'add' | 'read', Statement>>>>;

/** The server ends a statement after 60 s, and two are under way at most. */
const silenceMs = 125_000;

/** What reads the file may be busy with something else for a while, and nobody else is held up by it. */
const patience = 'SET LOCAL idle_in_transaction_session_timeout = 60000';

/** Who only reads goes on; heartbeats do as well. */
const lock =
  'LOCK TABLE gigq.lanes, gigq.workflows, gigq.jobs, gigq.edges, gigq.executions IN SHARE ROW EXCLUSIVE MODE';

const table = `
  CREATE TABLE gigq.moves (
    id text PRIMARY KEY,
    source text NOT NULL,
    moved text NOT NULL,
    moved_at bigint NOT NULL
  )
`;

export class PostgresTarget implements MoveTarget {
  readonly shown: string;
  readonly #driver: Driver;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #lanes: Lanes;

  constructor(driver: Driver, clock: Clock) {
    const connection = new Connection(driver, 'full');
    this.#driver = driver;
    this.#clock = clock;
    this.shown = connection.address.shown;
    this.#connection = connection;
    this.#lanes = new Lanes(connection);
  }

  landing(): Promise<Landing> {
    return patiently(this.#driver, this.#clock, async () => {
      await this.#connection.ready();
      return this.#inTime(() => landingOf(this.#connection));
    });
  }

  /** Whoever moved before and was killed may hold locks for a moment. */
  begin(id: string | null): Promise<Tallies | null> {
    return patiently(this.#driver, this.#clock, async () => {
      try {
        await this.#connection.ready();
        return await this.#inTime(() => this.#tryBegin(id));
      } catch (error) {
        await this.#connection.rollback();
        throw error;
      }
    });
  }

  add(kind: Kind, after: Place, rows: readonly MovedRow[]): Promise<readonly MovedRow[]> {
    return this.#explained(async () => {
      const values = await this.#valuesOf(kind, rows);
      const { add, read } = statements[kind];
      const [, found] = await Promise.all([
        this.#connection.all(add, values),
        this.#connection.all(read, { ...after, limit: rows.length }),
      ]);
      return found as readonly MovedRow[];
    });
  }

  commit({ id, from, moved }: MoveRecord, last: LastPlaces): Promise<void> {
    return this.#explained(async () => {
      // The file is told of this commit: it has to be on the disk, also where the server is set not to wait for that.
      await this.#connection.query(
        "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
      );
      await this.#connection.all('movePlaces', { ...last });
      await this.#connection.all('recordMove', { id, from, moved: JSON.stringify(moved) });
      // Workers that wait already hear of it by the commit.
      await this.#connection.query({
        text: "SELECT pg_notify($1, '')",
        values: [channelsOf(this.#connection.address.schema).work],
      });
      await this.#connection.commit();
    });
  }

  async rollback(): Promise<void> {
    await this.#connection.rollback();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #tryBegin(id: string | null): Promise<Tallies | null> {
    await this.#connection.begin(defaults.busyMs);
    await this.#connection.query(patience);
    await lockSchema(this.#connection);
    const names = await this.#relations();
    if (names.has('migrations')) await requireSchema(this.#connection);
    else if (names.size > 0) throw this.#occupied('tables that are not of gigq');
    else await this.#make(() => applyMissing(this.#connection));
    return this.#beginOn(names, id);
  }

  async #beginOn(names: ReadonlySet<string>, id: string | null): Promise<Tallies | null> {
    await this.#connection.query(inSchema(lock, this.#connection.address.schema));
    if (names.has('moves')) {
      const moved = (await this.#connection.get('findMove', { id }))?.['moved'];
      if (moved !== undefined) return JSON.parse(moved as string) as Tallies;
    } else
      await this.#make(() =>
        this.#connection.query(inSchema(table, this.#connection.address.schema)),
      );
    const row = await this.#connection.get('isOccupied');
    if (row?.['occupied'] === true) throw this.#occupied('jobs or workflows already');
    return null;
  }

  async #make(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw mayNotMake(error, this.#connection, hintForMoving);
    }
  }

  /** The names of what the schema holds; none if it is not there. */
  async #relations(): Promise<ReadonlySet<string>> {
    const { rows } = await this.#connection.query({
      text: 'SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1',
      values: [this.#connection.address.schema],
    });
    return new Set(rows.map(({ name }) => String(name)));
  }

  #occupied(what: string): GigqError {
    return new GigqError('database_occupied', `${this.shown} holds ${what}`);
  }

  /** The rows by columns, as statements take lists. */
  async #valuesOf(kind: Kind, rows: readonly MovedRow[]): Promise<Values> {
    const column = (name: string): readonly MovedValue[] =>
      rows.map((row) => row[name] as MovedValue);
    const values = Object.fromEntries(columns[kind].map((name) => [name, column(name)]));
    if (kind !== 'jobs') return values;
    const lanes = rows.map(({ queue, task, suspect }) => ({
      queue: String(queue),
      task: String(task),
      suspect: Number(suspect),
    }));
    return { ...values, lane: await this.#lanes.idsOf(lanes) };
  }

  /** What will pass is not waited for here: whoever moves runs it again. */
  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#inTime(work);
    } catch (error) {
      throw error instanceof Passing ? tooLate(this.shown, error) : error;
    }
  }

  /** Gives the connection up if nothing is heard of the server any more. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const forget = this.#clock.timer(silenceMs, () => {
      this.#connection.destroy();
    });
    try {
      return await work();
    } finally {
      forget();
    }
  }
}

/** Connects when it begins, waiting up to 5 s for a server that cannot be reached. */
export async function openPostgresTarget(database: string, clock: Clock): Promise<PostgresTarget> {
  return new PostgresTarget(await driverFor(database, clock), clock);
}
