/** The statements as the server takes them: in the schema that is meant, their parameters by number. */
import { sql } from './sql.gen.ts';

export type Statement = keyof typeof sql;

export interface Prepared {
  readonly name: string;
  readonly text: string;
  /** Of the parameters, in the order of their numbers. */
  readonly parameters: readonly string[];
}

/** A name after one colon: two make a cast. */
const parameter = /(?<!:):(?<name>[a-z]\w*)/giu;

/** One statement, whose tables may stand in another schema than `gigq`. */
export function prepare(name: Statement, schema: string): Prepared {
  const parameters: string[] = [];
  const text = inSchema(sql[name], schema).replaceAll(parameter, (_, each: string) => {
    if (!parameters.includes(each)) parameters.push(each);
    return `$${parameters.indexOf(each) + 1}`;
  });
  return { name: `gigq_${name}`, text, parameters };
}

/** Text with the names of gigq's tables in it, with the schema in which they are. */
export function inSchema(text: string, schema: string): string {
  return text.replaceAll(/\bgigq\.(?=[a-z])/gu, () => `${identifier(schema)}.`);
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
