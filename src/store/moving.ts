/**
 * What crosses when the jobs of a file move to a server: rows of plain values, the same on both sides, in the order in which
 * they are found. Whoever moves them reads from a source, adds to a target, and compares what both say that they hold.
 */
import { createHash } from 'node:crypto';
import { statuses } from '../core/state.ts';

function names(text: string): readonly string[] {
  return text.split(/\s+/u);
}

/**
 * Everything that moves. A lane crosses as its queue and task; the rows of workers stay behind, for none of them lives. Places in
 * the order of insertion (`seq`) cross as they are, so that all that names them does as well.
 */
export const columns = {
  workflows: ['seq', 'id', 'name', 'status', 'created_at', 'completed_at', 'jobs', ...statuses],
  jobs: names(`seq id queue task suspect name description params priority status max_attempts timeout retry workflow parents
    waiting_for on_parent_failure pass_results has_inputs taken_down_by attempts crashes expiries number token slot created_at
    updated_at run_at started_at completed_at progress result error`),
  edges: names('child place parent parent_id refs'),
  executions: names('job number attempt token slot status started_at completed_at error'),
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Kind = keyof typeof columns;
export const kinds = Object.keys(columns) as readonly Kind[];

export type MovedValue = string | number | null;
export type MovedRow = Readonly<Record<string, MovedValue>>;

/** Where a row is found in the order of its kind: by one number, or by two. */
export interface Place {
  readonly major: number;
  readonly minor: number;
}

export const beforeAll: Place = { major: 0, minor: -1 };

const keys: Readonly<Record<Kind, readonly [major: string, minor: string | null]>> = {
  workflows: ['seq', null],
  jobs: ['seq', null],
  edges: ['child', 'place'],
  executions: ['job', 'number'],
};

export function placeOf(kind: Kind, row: MovedRow): Place {
  const [major, minor] = keys[kind];
  return { major: Number(row[major]), minor: minor === null ? 0 : Number(row[minor]) };
}

/** How many rows of a kind there are, and the SHA-256 of their values. */
export interface Tally {
  readonly rows: number;
  readonly checksum: string;
}

export type Tallies = Readonly<Record<Kind, Tally>>;

/** Counts and digests rows as they come by. */
export class Tallying {
  readonly #kind: Kind;
  readonly #hash = createHash('sha256');
  #rows = 0;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  add(rows: readonly MovedRow[]): void {
    this.#rows += rows.length;
    for (const row of rows) this.#hash.update(canonical(this.#kind, row));
  }

  /** Once, at the end. */
  tally(): Tally {
    return { rows: this.#rows, checksum: this.#hash.digest('hex') };
  }
}

/** Values in the order of the columns: how a database calls or orders them has no part in it. */
function canonical(kind: Kind, row: MovedRow): string {
  return `${JSON.stringify(columns[kind].map((column) => row[column]))}\n`;
}

/** The last places that were given out: they are never given out again, for somebody may still name them. */
export interface LastPlaces {
  readonly jobs: number;
  readonly workflows: number;
}

/**
 * What a server says of the place that an address has led to. The same address leads elsewhere by another user, whose name is
 * the database where none is named, by its parameters, and by the environment.
 */
export interface Landing {
  /** The identifier that a server has had since it was made; null if it does not tell this role. */
  readonly system: string | null;
  readonly database: string;
  readonly schema: string;
}

/** Whether two landings may be one place: what a server does not tell cannot keep them apart. */
export function mayBeSame(a: Landing, b: Landing): boolean {
  const isSameSystem = a.system === null || b.system === null || a.system === b.system;
  return isSameSystem && a.database === b.database && a.schema === b.schema;
}

/** What a file says of its move: it stands in the file from before the first row is read. */
export interface Mark {
  /** Of this move, however often it is begun. */
  readonly id: string;
  /** Where to, without user and password. */
  readonly to: string;
  /** What the server has said of it; null in a mark of a version that did not ask. */
  readonly landing: Landing | null;
  /** What has moved; null until all of it has. */
  readonly moved: Tallies | null;
}

/** The file whose jobs move. */
export interface MoveSource {
  readonly path: string;
  mark(): Mark | null;
  counts(): Readonly<Record<Kind, number>>;
  /**
   * Marks the file, unless it is marked: from then on nobody writes to it. Null while workers hold it.
   * @throws {GigqError} `database_invalid` if jobs are running that no worker holds
   */
  begin(to: Pick<Mark, 'to' | 'landing'>): Promise<Mark | null>;
  /** The rows that come next, as many as are easily held in memory; none at the end. */
  page(kind: Kind, after: Place): readonly MovedRow[];
  lastPlaces(): LastPlaces;
  /** Writes into the mark that all has moved. */
  finish(moved: Tallies): Promise<void>;
  /** Takes the mark away. */
  unmark(): Promise<void>;
  close(): void;
}

/** What a target remembers of a move, from the commit on that brought its rows. */
export interface MoveRecord {
  readonly id: string;
  /** Where from, for people. */
  readonly from: string;
  readonly moved: Tallies;
}

/** The schema that the jobs move to. All of it is one transaction: nobody sees a part of them, and nobody else moves or writes. */
export interface MoveTarget {
  /** Without user and password. */
  readonly shown: string;
  /** Where the address leads to. */
  landing(): Promise<Landing>;
  /**
   * Begins, and makes the schema if it is missing. What it holds of the move already; null if nothing.
   * @throws {GigqError} `database_occupied` if it holds anything else; `schema_newer`, `database_invalid`, …
   */
  begin(id: string | null): Promise<Tallies | null>;
  /** Adds rows, and tells what is in their place now. */
  add(kind: Kind, after: Place, rows: readonly MovedRow[]): Promise<readonly MovedRow[]>;
  commit(record: MoveRecord, last: LastPlaces): Promise<void>;
  /** Whatever was not committed never was. */
  rollback(): Promise<void>;
  close(): Promise<void>;
}
