/** The tables: whether all that the migrations make is there and works, and whether dead rows are removed. */
import { advice, type Finding, problem, some } from '../../doctor.ts';
import { identifier } from '../prepared.ts';
import { Unusable } from '../../examination.ts';
import type { Made } from '../made.ts';
import type { Snapshot } from './snapshot.ts';

interface Table {
  readonly name: string;
  readonly live: number;
  readonly dead: number;
  readonly vacuumedS: number | null;
  readonly isLeftAlone: boolean;
}

/** Fewer dead rows than this nobody notices. */
const fewRows = 10_000;

/** Throws Unusable if there are not all of them. */
export async function findAboutTables(snapshot: Snapshot, { tables }: Made): Promise<Finding[]> {
  const { schema } = snapshot.address;
  const found = (await snapshot.all('tableState', { schema })) as unknown as readonly Table[];
  const ours = found.filter(({ name }) => tables.includes(name));
  const absent = tables.filter((name) => !ours.some((table) => table.name === name));
  requireAll(absent);
  return [
    ...ours.filter(({ isLeftAlone }) => isLeftAlone).map((table) => leftAlone(schema, table)),
    ...ours
      .filter(({ live, dead }) => dead > fewRows && dead > live)
      .map((table) => bloated(schema, table)),
  ];
}

function requireAll(absent: readonly string[]): void {
  if (absent.length === 0) return;
  const hint = 'Something else has removed them: restore a backup.';
  const message = `Tables are not there: ${some(absent)}`;
  throw new Unusable(problem('database_invalid', message, { hint }));
}

function leftAlone(schema: string, { name }: Table): Finding {
  const hint = `ALTER TABLE ${identifier(schema)}.${name} RESET (autovacuum_enabled)`;
  return problem('autovacuum_off', `autovacuum is off for the table ${name}`, { hint });
}

function bloated(schema: string, { name, live, dead, vacuumedS }: Table): Finding {
  const last = vacuumedS === null ? 'never' : `${Math.round(vacuumedS / 60)} min ago`;
  const message = `The table ${name} has ${dead} dead rows beside ${live} live ones; it was last vacuumed: ${last}`;
  const hint = `A transaction that stays open keeps them (see transaction_old), or autovacuum cannot keep up: VACUUM ${identifier(schema)}.${name}`;
  return advice('table_bloated', message, { hint });
}

export async function findAboutIndexes(snapshot: Snapshot, { indexes }: Made): Promise<Finding[]> {
  const { schema } = snapshot.address;
  const found = await snapshot.all('indexState', { schema });
  const states = new Map(found.map(({ name, isValid }) => [String(name), isValid === true]));
  return Array.from(indexes, ([name, statement]): Finding[] => {
    const isValid = states.get(name);
    if (isValid === undefined)
      return [
        problem('index_missing', `The index ${name} is missing`, {
          hint: `Make it again: ${statement}`,
        }),
      ];
    if (isValid) return [];
    const hint = `Make it anew: REINDEX INDEX CONCURRENTLY ${identifier(schema)}.${name}`;
    return [problem('index_invalid', `The index ${name} is not valid, and not used`, { hint })];
  }).flat();
}
