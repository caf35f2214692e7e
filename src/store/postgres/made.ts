/** What the migrations make, read off their text: a schema is compared with it. */
import { inSchema } from './prepared.ts';
import { migrations } from './sql.gen.ts';

export interface Made {
  readonly tables: readonly string[];
  /** The statement that makes each index, by its name. */
  readonly indexes: ReadonlyMap<string, string>;
}

const made =
  /CREATE TABLE gigq\.(?<table>\w+) \((?<body>[^]*?)\n\)[^;]*;|CREATE INDEX (?<index>\w+) ON [^;]+;/gu;
const column = /^ {2}(?<column>[a-z_]+) .*\b(?<kind>PRIMARY KEY|UNIQUE)\b/gmu;
const several = /^ {2}(?<kind>PRIMARY KEY|UNIQUE) \((?<columns>[^)]+)\)/gmu;

export function madeIn(schema: string): Made {
  const indexes = new Map<string, string>();
  // The ledger, which migrating itself makes.
  const tables = ['migrations'];
  for (const { text } of migrations) {
    for (const { 0: statement, groups } of withoutComments(text).matchAll(made)) {
      const { table, body = '', index } = groups ?? {};
      if (index !== undefined) indexes.set(index, apart(inSchema(statement, schema)));
      if (table === undefined) continue;
      tables.push(table);
      for (const [name, constraint] of constraintsOf(table, body))
        indexes.set(name, inSchema(`ALTER TABLE gigq.${table} ADD ${constraint}`, schema));
    }
  }
  return { tables, indexes };
}

/** Made again beside the work that goes on. */
function apart(statement: string): string {
  return statement
    .replace('CREATE INDEX', 'CREATE INDEX CONCURRENTLY')
    .replaceAll(/\s+/gu, ' ')
    .replace(';', '');
}

/** Constraints that have an index, by the names that the server gives to them. */
function constraintsOf(table: string, body: string): [name: string, constraint: string][] {
  const own = [...body.matchAll(column)].map(({ groups }) => ({
    columns: groups?.['column'],
    kind: groups?.['kind'],
  }));
  const shared = [...body.matchAll(several)].map(({ groups }) => ({
    columns: groups?.['columns'],
    kind: groups?.['kind'],
  }));
  return [...own, ...shared].map(({ columns = '', kind }) => [
    kind === 'UNIQUE' ? `${table}_${columns.replaceAll(', ', '_')}_key` : `${table}_pkey`,
    `${kind} (${columns})`,
  ]);
}

function withoutComments(text: string): string {
  return text.replaceAll(/--[^\n]*/gu, '');
}
