/**
 * The tasks of this process by name. A task is known by its brand, not by its class: a second copy of gigq (a
 * bundle, a loader of its own) shares the brand and the table.
 */
import util from 'node:util';
import { fileURLToPath } from 'node:url';
import { GigqError } from '../core/errors.ts';
import type { JobDraft, TaskOptions } from './job-options.ts';
import { processWide } from './process-wide.ts';
import type { Schema } from './schema.ts';
import type { TaskContext } from './task-context.ts';

export type TaskHandler = (params: unknown, context: TaskContext) => unknown;

/** A task as data. */
export interface TaskDefinition {
  readonly name: string;
  readonly handler: TaskHandler;
  readonly options: TaskOptions;
  readonly params?: Schema | undefined;
  /** The file that defined it; undefined if that is no file. */
  readonly source: string | undefined;
  /** What every job of the task starts from. */
  readonly draft: JobDraft;
}

/** A task, whatever its params are. */
export interface AnyTask<R = unknown> {
  readonly taskName: string;
  readonly '~types'?: { input: unknown; output: unknown; result: R };
}

export const brand = Symbol.for('gigq.task');

const tasks = processWide('tasks', () => new Map<string, AnyTask>());

export function isTask(value: unknown): value is AnyTask {
  return typeof value === 'function' && brand in value;
}

export function definitionOf(task: AnyTask): TaskDefinition {
  return (task as unknown as { readonly [brand]: TaskDefinition })[brand];
}

/** Every task that this process has defined, the latest of each name. */
export function registeredTasks(): AnyTask[] {
  return [...tasks.values()];
}

/**
 * Makes the task the one of its name.
 * @throws {GigqError} `task_conflict` if another place defined that name already.
 */
export function register(task: AnyTask): void {
  const { name, source } = definitionOf(task);
  const known = tasks.get(name);
  if (known !== undefined) replace(name, definitionOf(known).source, source);
  tasks.set(name, task);
}

// A hot reload replaces tasks again and again; the first time says it all.
const replaced = new Set<string>();

function replace(name: string, before: string | undefined, now: string | undefined): void {
  if (before !== now) {
    throw new GigqError(
      'task_conflict',
      `Task '${name}' is defined in ${placeOf(before)} and again in ${placeOf(now)}`,
    );
  }
  if (replaced.has(name)) return;
  replaced.add(name);
  process.emitWarning(`Task '${name}' was defined again in ${placeOf(now)}: the latest is used`, {
    type: 'GigqWarning',
    code: 'GIGQ_TASK_REPLACED',
  });
}

function placeOf(source: string | undefined): string {
  return source ?? 'a place that is no file';
}

const framesShown = 16;

/** The file whose code called into `callee`, the URL of a module; undefined if that is no file. */
export function callerOf(callee: string): string | undefined {
  // As they were loaded, not as a source map has them: that is what `callee` is compared with.
  const frames = util.getCallSites(framesShown, { sourceMap: false });
  const scripts = frames.map(({ scriptName }) => scriptName);
  const isOwn = (script: string): boolean => script === callee || script === import.meta.url;
  const caller = scripts.find((script) => !isOwn(script) && !script.startsWith('node:'));
  // In a bundle the caller's code is in the same file as this.
  return fileOf(caller ?? callee);
}

function fileOf(script: string): string | undefined {
  const plain = script.replace(/[?#].*$/su, '');
  if (plain.startsWith('file:')) return fileURLToPath(plain);
  const isPlace = /^(?:\/|[A-Z]:[\\/]|(?!data:)[\w+.-]+:\/\/)/iu.test(plain);
  return isPlace ? plain : undefined;
}
