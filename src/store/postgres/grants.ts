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
  readonly role: string;
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
  return `GRANT ${privileges} ON ${kind} ${objects.join(', ')} TO ${identifier(role)}`;
}

/** In a sentence. */
export function wordsOf({ privileges, kind, names }: Alike): string {
  return kind === 'SCHEMA' ? `${privileges} on the schema` : `${privileges} on ${names.join(', ')}`;
}
