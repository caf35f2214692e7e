/** Where a setting comes from: flag over environment over configuration file over default. */
import { existsSync } from 'node:fs';
import type { Config } from './config.ts';
import { wrongUsage } from './failure.ts';

/** The options that every command has. */
export interface CommonOptions {
  readonly db?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

const configFiles = ['gigq.config.ts', 'gigq.config.js', 'gigq.config.mjs'];

/** The settings of the project; none if there is no such file. */
export async function readConfig(): Promise<Config> {
  const file = configFiles.find((name) => existsSync(name));
  return file === undefined ? {} : (await import('./config.ts')).readConfigFile(file);
}

export async function databaseOf({ db }: CommonOptions): Promise<string> {
  // The parser has already put GIGQ_DB in the place of a missing flag.
  const name = db ?? process.env['GIGQ_DB_PATH'] ?? (await readConfig()).db ?? 'gigq.db';
  if (name !== ':memory:') return name;
  throw wrongUsage('a database in memory ends with the command', 'Name a file.');
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
