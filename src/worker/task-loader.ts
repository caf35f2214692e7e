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
import type { Logger } from '../client/logger.ts';
import { describeError } from '../core/describe-error.ts';
import { GigqError } from '../core/errors.ts';
import type { ClaimedJob } from '../core/job.ts';
import type { Away } from './isolation/isolation.ts';
import { type Place, placeOf } from './isolation/place.ts';
import { within } from './within.ts';

/** A task, or where to find some: a path, a URL or a glob of modules. */
export type TaskSource = AnyTask | string | URL;

export interface TaskTable {
  names(): readonly string[];
  named(name: string): TaskDefinition | undefined;
  /** Tasks that always run in processes of their own, and those that could, for a process can import them. */
  readonly processTasks: readonly string[];
  readonly moduleTasks: readonly string[];
  /** Those that never run on the worker's own event loop. */
  readonly awayTasks: readonly string[];
  /** Where a job is to run, if not on the worker's own event loop; null: there. */
  awayFor(job: Pick<ClaimedJob, 'task' | 'suspect'>): Away | null;
  /** The places that its tasks ask for. */
  places(): readonly Away[];
}

/** Every task that this process has defined at the moment of asking, but for those that run elsewhere. */
class DefinedTasks implements TaskTable {
  readonly processTasks = [];
  readonly moduleTasks = [];
  readonly awayTasks = [];
  readonly #logger: Logger;
  readonly #leftOut = new Set<string>();
  #tasks: ReadonlyMap<string, TaskDefinition> = new Map();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  names(): readonly string[] {
    const tasks = registeredTasks();
    for (const { taskName } of tasks.filter(isIsolated)) this.#leaveOut(taskName);
    this.#tasks = byName(tasks.filter((task) => !isIsolated(task)));
    return [...this.#tasks.keys()];
  }

  named(name: string): TaskDefinition | undefined {
    return this.#tasks.get(name);
  }

  awayFor(): null {
    return null;
  }

  places(): readonly Away[] {
    return [];
  }

  #leaveOut(task: string): void {
    if (this.#leftOut.has(task)) return;
    this.#leftOut.add(task);
    this.#logger.warn(
      { task },
      'A task with isolation is left out: name the module that exports it in `tasks`',
    );
  }
}

/** A task, and the module that exports it; null if it was given as an object. */
interface Listed {
  readonly task: AnyTask;
  readonly file: string | null;
}

/** The tasks of a list, of which every module could be imported. */
class ListedTasks implements TaskTable {
  readonly processTasks: readonly string[];
  readonly moduleTasks: readonly string[];
  readonly awayTasks: readonly string[];
  readonly #tasks: ReadonlyMap<string, TaskDefinition>;
  readonly #files: ReadonlyMap<string, string>;

  constructor(listed: readonly Listed[]) {
    this.#tasks = byName(listed.map(({ task }) => task));
    this.#files = new Map(
      listed.flatMap(({ task, file }) => (file === null ? [] : [[task.taskName, file]])),
    );
    this.moduleTasks = [...this.#files.keys()];
    this.processTasks = this.moduleTasks.filter((name) => this.#placeOf(name)?.kind === 'process');
    this.awayTasks = this.moduleTasks.filter((name) => this.#placeOf(name) !== null);
  }

  names(): readonly string[] {
    return [...this.#tasks.keys()];
  }

  named(name: string): TaskDefinition | undefined {
    return this.#tasks.get(name);
  }

  awayFor({ task, suspect }: Pick<ClaimedJob, 'task' | 'suspect'>): Away | null {
    const file = this.#files.get(task);
    const place = this.#placeOf(task, suspect);
    return file === undefined || place === null ? null : { place, file };
  }

  places(): readonly Away[] {
    return this.moduleTasks.flatMap((task) => this.awayFor({ task, suspect: false }) ?? []);
  }

  #placeOf(name: string, suspect = false): Place | null {
    const definition = this.#tasks.get(name);
    return definition === undefined
      ? null
      : placeOf(definition, { suspect }, this.#files.has(name));
  }
}

/** Of two tasks of one name the later one counts. */
export function byName(tasks: readonly AnyTask[]): Map<string, TaskDefinition> {
  return new Map(tasks.map((task) => [task.taskName, definitionOf(task)]));
}

/** Whether its handler has to run in a process or a thread of its own. */
export function isIsolated(task: AnyTask): boolean {
  const { isolation = 'inline' } = definitionOf(task).options;
  return isolation !== 'inline';
}

/**
 * Imports what the sources name.
 * @throws {GigqError} `invalid_option`, naming the file that is not there, cannot be imported or exports no task
 */
export async function loadTasks(
  sources: readonly TaskSource[] | undefined,
  logger: Logger,
): Promise<TaskTable> {
  if (sources === undefined) return new DefinedTasks(logger);
  const tasks: Listed[] = [];
  for (const source of sources) tasks.push(...(await tasksOf(source)));
  return new ListedTasks(tasks);
}

async function tasksOf(source: TaskSource): Promise<readonly Listed[]> {
  if (isTask(source)) return [{ task: source, file: null }];
  const files = await filesOf(source);
  const tasks: Listed[] = [];
  for (const file of files) tasks.push(...(await tasksIn(file)).map((task) => ({ task, file })));
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

/** The tasks that a module exports. @throws {GigqError} `invalid_option` if it cannot be imported */
export async function tasksIn(file: string): Promise<readonly AnyTask[]> {
  if (!existsSync(file)) throw refused(`There is no file ${file}`);
  return Object.values(await importModule(file)).filter(isTask);
}

/** How long a module may take: one that waits for ever must not be waited for. */
const importMs = 30_000;

async function importModule(file: string): Promise<object> {
  const imported = import(pathToFileURL(file).href) as Promise<object>;
  try {
    if (await within(importMs, imported)) return await imported;
  } catch (error) {
    throw refused(`${file} cannot be imported: ${messageOf(error)}`, error);
  }
  throw refused(`${file} was not imported within ${importMs / 1000} s`);
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
