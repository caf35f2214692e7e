/**
 * The mark of a file whose jobs move, or have moved, to a server. It rings in the ledger of migrations, which each write
 * transaction looks at anyway: so it costs nothing, and an older gigq that does not know of it takes it for a newer schema and
 * leaves the file alone as well.
 */
import { GigqError } from '../../core/errors.ts';
import type { Landing, Mark, Tallies } from '../moving.ts';
import type { Connection } from './connection.ts';

/** Above every version that there will be. */
export const markVersion = 1_000_000;

const table = `
  CREATE TABLE gigq_moves (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    landing TEXT,
    moved TEXT,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT
`;

/** The file's mark; null if it has none. */
export function markOf(connection: Pick<Connection, 'query'>): Mark | null {
  const hasTable = connection.query("SELECT 1 FROM sqlite_schema WHERE name = 'gigq_moves'");
  if (hasTable.length === 0) return null;
  // Whatever columns there are: marks that were made before gigq asked where an address leads to have no `landing`.
  const [row] = connection.query('SELECT * FROM gigq_moves');
  if (row === undefined) return null;
  const { id, target, landing, moved } = row as Readonly<Record<string, string | null>>;
  return {
    id: String(id),
    to: String(target),
    landing: landing ? (JSON.parse(landing) as Landing) : null,
    moved: moved ? (JSON.parse(moved) as Tallies) : null,
  };
}

/** @throws {GigqError} `database_moved` */
export function refuseMoved(connection: Pick<Connection, 'query' | 'path'>): void {
  const mark = markOf(connection);
  if (mark !== null) throw movedError(connection.path, mark);
}

export function movedError(path: string, { to, moved }: Mark): GigqError {
  const isUnderWay = moved === null;
  return new GigqError(
    'database_moved',
    `${path} ${isUnderWay ? 'is being moved' : 'was moved'} to ${to}: nothing is submitted or run here`,
    isUnderWay ? { hint: underWayHint } : {},
  );
}

const underWayHint =
  'Wait for gigq move to end, then name the new database. If it was interrupted, run it again: it goes on, or --undo takes it back.';

/** Within a write transaction. */
export function writeMark(connection: Connection, { id, to, landing }: Mark, now: number): void {
  connection.execute(table);
  connection.run('beginMove', { id, target: to, landing: JSON.stringify(landing), now });
  const bell = { version: markVersion, name: 'moved', checksum: id, now };
  connection.run('recordMigration', bell);
}

/** Within a write transaction. */
export function removeMark(connection: Connection): void {
  connection.execute(`
    DROP TABLE gigq_moves;
    DELETE FROM gigq_migrations WHERE version = ${markVersion}
  `);
}
