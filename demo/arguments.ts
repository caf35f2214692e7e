/** What the demo was asked to do, and where it keeps its things. */
import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const project = join(import.meta.dirname, '..');

export interface Settings {
  /** What is audited. */
  readonly root: string;
  /** Where the report and the database are. */
  readonly out: string;
  /** Whether worker processes are killed meanwhile. */
  readonly isChaotic: boolean;
  /** What to type to go on or to start again. */
  readonly command: string;
}

/** Something that the user can put right; it needs no stack. */
export class UsageError extends Error {}

export const usage = `Usage: npm run demo -- [<folder>] [--out <folder>] [--chaos]

Audits every package installed in a folder: in its node_modules, if it has one,
else below it. Without a folder it audits this project. Ctrl-C stops the audit;
the same command goes on with it.

  --out <folder>  where the report and the database go; default: demo/.out
  --chaos         kills a worker process every few seconds: the report is the same`;

/**
 * Undefined: only help was asked for.
 * @throws {UsageError}
 */
export function readArguments(args: readonly string[]): Settings | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  if (positionals.length > 1) throw new UsageError(`Expected one folder.\n\n${usage}`);
  const root = realFolder(positionals[0] ?? project);
  const base = values.out === undefined ? join(import.meta.dirname, '.out') : fromUser(values.out);
  return {
    root,
    isChaotic: values.chaos === true,
    // Folders do not share a database: the same path in two of them is not the same package.
    out: root === realpathSync(project) ? base : join(base, nameFor(root)),
    command: ['npm run demo', ...(args.length > 0 ? ['--', ...args.map(quote)] : [])].join(' '),
  };
}

function parse(args: readonly string[]): {
  values: {
    out?: string | undefined;
    chaos?: boolean | undefined;
    help?: boolean | undefined;
  };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        chaos: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function realFolder(name: string): string {
  const path = fromUser(name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new UsageError(`There is no folder ${name}`);
  if (!stats.isDirectory()) throw new UsageError(`${name} is not a folder`);
  return realpathSync(path);
}

// npm runs its scripts in the project; paths mean what they mean where the user is.
function whereTheUserIs(): string {
  return process.env['INIT_CWD'] ?? process.cwd();
}

function fromUser(path: string): string {
  return resolve(whereTheUserIs(), path);
}

/** The path as the user would write it. */
export function shown(path: string): string {
  const short = relative(whereTheUserIs(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

function nameFor(root: string): string {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return `${basename(root)}-${hash}`;
}

/** As a word for the shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
