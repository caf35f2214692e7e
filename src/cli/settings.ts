/** Where a setting comes from: flag over environment over configuration file over default. */
import { readConfig } from './config.ts';

/** The options that every command has. */
export interface CommonOptions {
  readonly db?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

// The parser has already put the first of the two variables in the place of a missing flag.
export async function databaseOf({ db }: CommonOptions): Promise<string> {
  return db ?? process.env['GIGQ_DB_PATH'] ?? (await readConfig()).db ?? 'gigq.db';
}

// A glob may hold commas within its braces.
const listComma = /,(?![^{]*\})/u;

/** The modules of GIGQ_TASKS; undefined if it is not set. */
function tasksInEnvironment(): readonly string[] | undefined {
  const modules = process.env['GIGQ_TASKS']?.split(listComma).map((module) => module.trim());
  return modules?.filter((module) => module !== '');
}

export async function tasksOf(given: readonly string[] | undefined): Promise<readonly string[]> {
  return given ?? tasksInEnvironment() ?? (await readConfig()).tasks ?? [];
}

/** A variable that is set to nothing is not set. */
export function forgetEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('GIGQ_') && value === '') delete process.env[name];
  }
}
