/** What a role has to be granted, in words that can be run. */
import { identifier } from './prepared.ts';

/** A privilege, or several, on something in the schema; without a name, on the schema itself. */
export interface Grant {
  readonly privilege: string;
  readonly kind: 'SCHEMA' | 'TABLE' | 'FUNCTION';
  readonly name: string | null;
}

interface Place {
  readonly schema: string;
  /** By default people have to put it in. */
  readonly role?: string;
}

/** Objects to which the same is to be granted. */
interface Alike {
  readonly privileges: string;
  readonly kind: Grant['kind'];
  readonly names: readonly (string | null)[];
}

/** Grants put together: the fewest statements that make them. */
export function together(grants: readonly Grant[]): readonly Alike[] {
  const objects = Array.from(
    Map.groupBy(grants, ({ kind, name }) => `${kind} ${name}`).values(),
    (own) => ({
      ...(own[0] as Grant),
      privileges: own.map(({ privilege }) => privilege).join(', '),
    }),
  );
  const alike = Map.groupBy(objects, ({ kind, privileges }) => `${kind} ${privileges}`);
  return Array.from(alike.values(), (own) => ({
    ...(own[0] as (typeof objects)[number]),
    names: own.map(({ name }) => name),
  }));
}

export function statementOf({ privileges, kind, names }: Alike, { schema, role }: Place): string {
  const objects = names.map((name) =>
    name === null ? identifier(schema) : `${identifier(schema)}.${name}`,
  );
  return `GRANT ${privileges} ON ${kind} ${objects.join(', ')} TO ${role === undefined ? '<role>' : identifier(role)}`;
}

/** In a sentence. */
export function wordsOf({ privileges, kind, names }: Alike): string {
  return kind === 'SCHEMA' ? `${privileges} on the schema` : `${privileges} on ${names.join(', ')}`;
}

const denied = /permission denied for (?<kind>schema|table|function) (?<name>\S+)$/u;
/** What works on all that there is of a kind. */
const worksOn = { schema: 'USAGE', table: 'SELECT, INSERT, UPDATE, DELETE', function: 'EXECUTE' };

/** What to do when the server has denied something. It says of what, but in its own language. */
export function hintForDenied(said: string, schema: string): string {
  const { kind, name = '' } = denied.exec(said)?.groups ?? {};
  if (kind === undefined) return doctorTells;
  const privileges = worksOn[kind as keyof typeof worksOn];
  const alike = { privileges, kind: kind.toUpperCase() as Grant['kind'] };
  const names = [kind === 'schema' ? null : kind === 'function' ? `${name}()` : name];
  return `Let the owner run: ${statementOf({ ...alike, names }, { schema })}. ${doctorTells}`;
}

const doctorTells = 'gigq doctor tells all that a role lacks.';

/** What to do when the server lets us make no schema, or nothing in it. */
export function hintForMaking(said: string, schema: string): string {
  return `Let a role that may create run gigq migrate, then grant this one what it needs to work (gigq doctor tells it); or: ${grantToMake(said, schema)}`;
}

/** What to do when jobs are to be moved by such a role: what others have made for it is not enough. */
export function hintForMoving(said: string, schema: string): string {
  return `Let the owner run: ${grantToMake(said, schema)}. Or move the jobs as a role that may create already.`;
}

function grantToMake(said: string, schema: string): string {
  const [, database] = /permission denied for database (\S+)$/u.exec(said) ?? [];
  const where =
    database === undefined ? `SCHEMA ${identifier(schema)}` : `DATABASE ${identifier(database)}`;
  return `GRANT CREATE ON ${where} TO <role>`;
}
