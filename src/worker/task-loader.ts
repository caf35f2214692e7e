/** The tasks of a worker: given as objects, or exported by modules. The only place that imports what was named. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type AnyTask,
  definitionOf,
  isTask,
  registeredTasks,
  type TaskDefinition,
} from '../client/registry.ts';
import { describeError } from '../core/describe-error.ts';
import { GigqError } from '../core/errors.ts';

/** A task, or where to find some: a path, a URL or a glob of modules. */
export type TaskSource = AnyTask | string | URL;

export interface TaskTable {
  names(): readonly string[];
  named(name: string): TaskDefinition | undefined;
  /** Tasks that always run in processes of their own, and those that could, for a process can import them. */
  readonly processTasks: readonly string[];
  readonly moduleTasks: readonly string[];
}

/** Every task that this process has defined at the moment of asking. */
class DefinedTasks implements TaskTable {
  readonly processTasks = [];
  readonly moduleTasks = [];
  #tasks: ReadonlyMap<string, TaskDefinition> = new Map();

  names(): readonly string[] {
    this.#tasks = byName(registeredTasks());
    return [...this.#tasks.keys()];
  }

  named(name: string): TaskDefinition | undefined {
    return this.#tasks.get(name);
  }
}

/** The tasks of a list, of which every module could be imported. */
class ListedTasks implements TaskTable {
  readonly processTasks = [];
  readonly moduleTasks = [];
  readonly #tasks: ReadonlyMap<string, TaskDefinition>;

  constructor(tasks: readonly AnyTask[]) {
    this.#tasks = byName(tasks);
  }

  names(): readonly string[] {
    return [...this.#tasks.keys()];
  }

  named(name: string): TaskDefinition | undefined {
    return this.#tasks.get(name);
  }
}

function byName(tasks: readonly AnyTask[]): Map<string, TaskDefinition> {
  return new Map(tasks.map((task) => [task.taskName, definitionOf(task)]));
}

/**
 * Imports what the sources name.
 * @throws {GigqError} `invalid_option`, naming the file that is not there, cannot be imported or exports no task
 */
export async function loadTasks(sources: readonly TaskSource[] | undefined): Promise<TaskTable> {
  if (sources === undefined) return new DefinedTasks();
  const tasks: AnyTask[] = [];
  for (const source of sources) tasks.push(...(await tasksOf(source)));
  return new ListedTasks(tasks);
}

async function tasksOf(source: TaskSource): Promise<readonly AnyTask[]> {
  if (isTask(source)) return [source];
  const files = await filesOf(source);
  const tasks: AnyTask[] = [];
  for (const file of files) tasks.push(...(await importTasks(file)));
  if (tasks.length > 0) return tasks;
  // Of the files that a glob matches some may only help the others.
  throw refused(
    files.length === 1
      ? `${files[0]} exports no task`
      : `No file that matches '${String(source)}' exports a task`,
  );
}

const globSign = /[*?[\]{}]/u;

async function filesOf(source: string | URL): Promise<readonly string[]> {
  if (source instanceof URL || source.startsWith('file:')) return [fileURLToPath(source)];
  const path = resolve(source);
  if (existsSync(path) || !globSign.test(source)) return [path];
  const files: string[] = [];
  for await (const file of await globOf(source)) files.push(resolve(file));
  if (files.length === 0) throw refused(`No file matches '${source}'`);
  return files.toSorted();
}

// Imported when it is needed: a Node that is too old has none, and is to be told so by gigq.
async function globOf(pattern: string): Promise<AsyncIterable<string>> {
  const { glob } = await import('node:fs/promises');
  return glob(pattern);
}

async function importTasks(file: string): Promise<readonly AnyTask[]> {
  if (!existsSync(file)) throw refused(`There is no file ${file}`);
  return Object.values(await importModule(file)).filter(isTask);
}

async function importModule(file: string): Promise<object> {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    throw refused(`${file} cannot be imported: ${messageOf(error)}`, error);
  }
}

function messageOf(error: unknown): string {
  return describeError(error).message;
}

const hint =
  'Name modules that export tasks, by path or glob from the working directory; each is imported as it is.';

function refused(message: string, cause?: unknown): GigqError {
  const details = cause === undefined ? { hint } : { hint, cause };
  return new GigqError('invalid_option', `Worker: tasks: ${message}`, details);
}
