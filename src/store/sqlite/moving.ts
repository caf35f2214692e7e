/** A file as the source of a move. Once it is marked nobody writes to it, so that it is read without a transaction. */
import { randomUUID } from 'node:crypto';
import { GigqError } from '../../core/errors.ts';
import {
  type Kind,
  kinds,
  type LastPlaces,
  type Mark,
  type MovedRow,
  type MoveSource,
  type Place,
  type Tallies,
} from '../moving.ts';
import type { Clock } from '../store.ts';
import { type Connection, openConnection, type Statement } from './connection.ts';
import { markOf, removeMark, writeMark } from './mark.ts';
import { requireSchema } from './migrating.ts';
import { patiently } from './sqlite-store.ts';
import { WakeFile } from './wake-file.ts';

const statements = {
  workflows: 'movedWorkflows',
  jobs: 'movedJobs',
  edges: 'movedEdges',
  executions: 'movedExecutions',
} as const satisfies Readonly<Record<Kind, Statement>>;

/** What is held in memory at a time: jobs may be 2 MiB each, executions some 25 KiB. */
const page = { rows: 1000, bytes: 8_388_608 };

export class SqliteSource implements MoveSource {
  readonly path: string;
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(connection: Connection, clock: Clock) {
    this.path = connection.path;
    this.#connection = connection;
    this.#clock = clock;
  }

  mark(): Mark | null {
    return markOf(this.#connection);
  }

  counts(): Readonly<Record<Kind, number>> {
    const count = (kind: Kind): number =>
      this.#number(`SELECT count(*) AS number FROM gigq_${kind}`);
    return Object.fromEntries(kinds.map((kind) => [kind, count(kind)])) as Record<Kind, number>;
  }

  async begin(to: Pick<Mark, 'to' | 'landing'>): Promise<Mark | null> {
    const mark = await this.#write(() => this.mark() ?? this.#beginUnmarked(to));
    // Whoever waits for a result here learns that none will come.
    if (mark !== null) wakeOthers(this.path);
    return mark;
  }

  page(kind: Kind, after: Place): readonly MovedRow[] {
    const limit = kind === 'jobs' ? this.#jobsThatFit(after) : page.rows;
    return this.#connection.all(statements[kind], { ...after, limit }) as readonly MovedRow[];
  }

  lastPlaces(): LastPlaces {
    const last = (table: string): number =>
      this.#number(`SELECT max(seq) AS number FROM sqlite_sequence WHERE name = '${table}'`);
    return { jobs: last('gigq_jobs'), workflows: last('gigq_workflows') };
  }

  async finish(moved: Tallies): Promise<void> {
    await this.#write(() => {
      this.#connection.run('endMove', { moved: JSON.stringify(moved), now: this.#clock.wall() });
    });
  }

  async unmark(): Promise<void> {
    await this.#write(() => {
      removeMark(this.#connection);
    });
  }

  close(): void {
    this.#connection.close();
  }

  /** In the transaction that marks it nobody can claim any more. */
  #beginUnmarked(to: Pick<Mark, 'to' | 'landing'>): Mark | null {
    if (this.#number('SELECT count(*) AS number FROM gigq_workers WHERE lost_at IS NULL') > 0)
      return null;
    const running = this.#number(
      "SELECT count(*) AS number FROM gigq_jobs WHERE status = 'running'",
    );
    if (running > 0) throw unheld(this.path, running);
    const mark = { id: randomUUID(), ...to, moved: null };
    writeMark(this.#connection, mark, this.#clock.wall());
    return mark;
  }

  /** How many of the next jobs fit into a page, at least one. */
  #jobsThatFit(after: Place): number {
    let bytes = 0;
    const sizes = this.#connection.all('sizesOfJobs', { major: after.major, limit: page.rows });
    const fitting = sizes.findIndex((row) => (bytes += Number(row['bytes'])) > page.bytes);
    return fitting === -1 ? page.rows : Math.max(1, fitting);
  }

  #number(text: string): number {
    return Number(this.#connection.query(text)[0]?.['number']);
  }

  /** In a transaction, once others let us. */
  #write<T>(work: () => T): Promise<T> {
    return patiently(this.path, this.#clock, () => {
      this.#connection.begin();
      try {
        this.#connection.verifyFiles();
        const result = work();
        this.#connection.commit();
        return result;
      } catch (error) {
        this.#connection.rollback();
        throw error;
      }
    });
  }
}

/** @throws {GigqError} for a file that cannot be opened, or has not the schema of this version */
export async function openSqliteSource(path: string, clock: Clock): Promise<SqliteSource> {
  const connection = await patiently(path, clock, () => open(path));
  return new SqliteSource(connection, clock);
}

function open(path: string): Connection {
  const connection = openConnection(path, { initialize: false });
  try {
    requireSchema(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function unheld(path: string, running: number): GigqError {
  const message = `${path}: jobs are running that no worker holds (${running})`;
  return new GigqError('database_invalid', message, {
    hint: `Give them back first: gigq doctor --fix --db ${path}`,
  });
}

function wakeOthers(path: string): void {
  const file = new WakeFile(path);
  file.wake();
  file.close();
}
