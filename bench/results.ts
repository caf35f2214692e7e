// The file of a run: what was measured, on what, with what.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './figures.ts';
import type { Settings } from './settings.ts';

export interface Results {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly kernel: string;
  };
  readonly versions: {
    readonly node: string;
    readonly sqlite: string;
    /** Of the server, if the run was on one. */
    readonly postgres?: string;
    readonly gigq: string;
    readonly commit: string;
  };
  readonly settings: Settings;
  readonly benches: Readonly<Record<string, readonly Finding[]>>;
  /** What the machine gave before each of them (see pace.ts); older files lack it. */
  readonly paces?: Readonly<Record<string, number>>;
}

/** What a run finds, which may still come. */
export type Found = Required<Pick<Results, 'benches' | 'paces'>>;

const root = join(import.meta.dirname, '..');
const folder = join(import.meta.dirname, 'results');

export function resultsOf(settings: Settings, found: Found, postgres?: string): Results {
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
    },
    versions: {
      node: process.versions.node,
      sqlite: process.versions['sqlite'] ?? 'unknown',
      ...(postgres !== undefined && { postgres }),
      gigq: versionOf(join(root, 'package.json')),
      commit: commit(),
    },
    settings,
    ...found,
  };
}

/** Overwrites the file of an earlier run of the same kind on the same day. */
export function save(results: Results, kind: string): string {
  mkdirSync(folder, { recursive: true });
  const name = [results.date.slice(0, 10), kind].filter((part) => part !== '').join('-');
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

/** The newest file of a kind; that of a whole run on files has none. */
export function newest(kind: string): Results | undefined {
  const pattern = new RegExp(`^\\d{4}-\\d\\d-\\d\\d${kind === '' ? '' : `-${kind}`}\\.json$`, 'u');
  const name = saved()
    .filter((file) => pattern.test(file))
    .toSorted()
    .at(-1);
  if (name === undefined) return undefined;
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results;
}

function versionOf(packageFile: string): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return version;
}

function saved(): string[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder);
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const isChanged = git('status', '--porcelain', 'src') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ', changed' : ''}`;
  } catch {
    return 'unknown';
  }
}
