/** The task that `gigq submit` names: by its name alone, or as the export of a module. */
import fs, { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyTask } from '../index.ts';
import { Failure, wrongUsage } from './failure.ts';
import { importFile } from './import-file.ts';
import { tasksOf } from './settings.ts';

function isTask(value: unknown): value is AnyTask {
  return typeof value === 'function' && 'taskName' in value;
}

function moduleMissing(path: string): Failure {
  return new Failure(`There is no module ${path}.`, {
    code: 'module_missing',
    hint: 'Write its path from the working directory, with its extension.',
  });
}

// A symbolic link must not lead out of the folder either.
function pathBelowHere(path: string): string {
  if (!existsSync(path)) throw moduleMissing(path);
  const real = realpathSync(path);
  const way = relative(realpathSync('.'), real);
  if (!isAbsolute(way) && way.split(sep)[0] !== '..') return real;
  throw wrongUsage(
    `${path} is outside the working directory`,
    'Change to the folder that holds it.',
  );
}

function listNames(names: readonly string[]): string {
  return names.length === 0 ? 'There is none.' : `There are: ${names.join(', ')}.`;
}

async function exportedTask(path: string, name: string): Promise<AnyTask> {
  const module = await importFile(pathBelowHere(path), path);
  const exported = module[name];
  if (isTask(exported)) return exported;
  const names = Object.keys(module).filter((key) => isTask(module[key]));
  throw new Failure(`${path} exports no task '${name}'.`, {
    code: 'task_unknown',
    hint: listNames(names),
  });
}

/** The files that a path, a URL or a glob names; there is at least one. */
export function filesOf(pattern: string): string[] {
  if (pattern.startsWith('file:')) return filesOf(fileURLToPath(pattern));
  if (existsSync(pattern)) return [resolve(pattern)];
  // Not imported by its name: a Node without it is too old, and is to say so instead of failing to link.
  const files = /[*?[{]/u.test(pattern) ? fs.globSync(pattern).toSorted() : [];
  if (files.length === 0) throw moduleMissing(pattern);
  return files.map((file) => resolve(file));
}

async function tasksIn(modules: readonly string[]): Promise<readonly AnyTask[]> {
  const loaded = await Promise.all(modules.flatMap(filesOf).map((file) => importFile(file, file)));
  return loaded.flatMap((module) => Object.values(module).filter(isTask));
}

async function taskNamed(
  name: string,
  given: readonly string[] | undefined,
): Promise<AnyTask | undefined> {
  const tasks = await tasksIn(await tasksOf(given));
  const found = tasks.find(({ taskName }) => taskName === name);
  if (found !== undefined || given === undefined) return found;
  throw new Failure(`No module of --tasks has a task '${name}'.`, {
    code: 'task_unknown',
    hint: listNames(tasks.map(({ taskName }) => taskName)),
  });
}

/** The task with its own options; only its name where no module that is at hand defines it. */
export async function findTask(
  target: string,
  modules: readonly string[] | undefined,
): Promise<AnyTask | string> {
  const at = target.lastIndexOf('#');
  if (at < 0) return (await taskNamed(target, modules)) ?? target;
  const [path, name] = [target.slice(0, at), target.slice(at + 1)];
  if (path !== '' && name !== '') return exportedTask(path, name);
  throw wrongUsage(
    `'${target}' names no task of a module`,
    'Write <module>#<export>, such as tasks.ts#greet.',
  );
}
