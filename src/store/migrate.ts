/** Which migrations a database still needs. The same for every dialect; a store runs them under its own lock. */
import { GigqError } from '../core/errors.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/** A migration as the database remembers it. */
export interface Applied {
  readonly version: number;
  readonly checksum: string;
}

export interface Migrated {
  readonly from: number;
  readonly to: number;
  /** The names of the migrations that were applied, or would be. */
  readonly applied: readonly string[];
}

/**
 * The migrations to apply, in order. Throws `schema_newer` for a database that a newer gigq made, and
 * `database_invalid` for one whose schema was made by something else under the same names.
 */
export function outstanding(
  database: string,
  migrations: readonly Migration[],
  applied: readonly Applied[],
): readonly Migration[] {
  const newest = applied.at(-1)?.version ?? 0;
  if (newest > migrations.length) throw newerSchema(database, newest, migrations.length);
  for (const { version, checksum } of applied) {
    if (migrations[version - 1]?.checksum !== checksum) throw foreignSchema(database, version);
  }
  return migrations.slice(newest);
}

export function summary(all: readonly Migration[], missing: readonly Migration[]): Migrated {
  const applied = missing.map(({ version, name }) => `${String(version).padStart(3, '0')}-${name}`);
  return { from: all.length - missing.length, to: all.length, applied };
}

function newerSchema(database: string, found: number, known: number): GigqError {
  return new GigqError(
    'schema_newer',
    `${database} has schema ${found}; this version of gigq knows schemas up to ${known}`,
  );
}

function foreignSchema(database: string, version: number): GigqError {
  return new GigqError(
    'database_invalid',
    `${database} says that it has schema ${version}, but not the one that gigq makes`,
  );
}
