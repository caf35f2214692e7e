/** `gigq.config.ts` or `.js` in the working directory: defaults of a project. */
import { resolve } from 'node:path';
import { wrongUsage } from './failure.ts';
import { importFile } from './import-file.ts';

export interface Config {
  readonly db?: string;
  readonly tasks?: readonly string[];
  readonly queues?: readonly string[];
  readonly pollingInterval?: string;
  readonly concurrency?: number;
}

type Reader = (value: unknown) => unknown;

function text(value: unknown): unknown {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): unknown {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item) => text(item) !== undefined) ? list : undefined;
}

function count(value: unknown): unknown {
  return Number.isSafeInteger(value) && (value as number) > 0 ? value : undefined;
}

const settings: Readonly<Record<keyof Config, readonly [expected: string, read: Reader]>> = {
  db: ["a path, such as 'jobs.db'", text],
  tasks: ["a module or a list of them, such as ['./tasks.ts']", texts],
  queues: ["a queue or a list of them, such as ['mail']", texts],
  pollingInterval: ["a duration, such as '2s'", text],
  concurrency: ['a whole number from 1', count],
};

function readSetting(file: string, name: string, value: unknown): unknown {
  const setting = Object.hasOwn(settings, name) ? settings[name as keyof Config] : undefined;
  if (setting === undefined) {
    throw wrongUsage(
      `${file}: unknown setting '${name}'`,
      `It may set ${Object.keys(settings).join(', ')}.`,
    );
  }
  const [expected, read] = setting;
  const result = read(value);
  if (result === undefined) throw wrongUsage(`${file}: ${name} is not right`, `Write ${expected}.`);
  return result;
}

function readSettings(file: string, exported: unknown): Config {
  if (typeof exported !== 'object' || exported === null) {
    throw wrongUsage(`${file} exports no settings`, "Write `export default { db: 'jobs.db' }`.");
  }
  const given = Object.entries(exported).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, readSetting(file, name, value)]));
}

/** Reads a file in the working directory. */
export async function readConfigFile(file: string): Promise<Config> {
  const module = await importFile(resolve(file), file);
  return readSettings(file, module['default']);
}
