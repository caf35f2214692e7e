/** What is said when a value is no JSON: where it is, what it is, what to do. */
import { GigqError } from './errors.ts';
import { limits } from './limits.ts';
import { className, property } from './preview.ts';

/** One pass over a value: where it is now, and what it has spent. Index 0 of the lists stands for the root. */
export interface Walk {
  readonly root: string;
  readonly maxBytes: number;
  /** UTF-16 units written at the least. */
  units: number;
  depth: number;
  /** Of each container on the way, the key that is being looked at. */
  readonly keys: (string | number)[];
  readonly parents: (object | null)[];
}

/** Refuses what the walk is looking at. */
export function refuse(walk: Walk, what: string, todo: string): never {
  throw notJson(`${pathTo(walk, walk.depth)} ${what}`, todo);
}

function notJson(what: string, todo: string, cause?: unknown): GigqError {
  const hint = `${todo.charAt(0).toUpperCase()}${todo.slice(1)}.`;
  const details = cause === undefined ? { hint } : { hint, cause };
  return new GigqError('not_json', `${what}; ${todo}`, details);
}

/** Refuses a scalar or a function. */
export function refuseValue(walk: Walk, value: unknown): never {
  const [what, todo] = typeof value === 'number' ? describeNumber(value) : describeOther(value);
  refuse(walk, `is ${what}, which JSON cannot hold`, todo);
}

type Described = readonly [what: string, todo: string];

function describeNumber(value: number): Described {
  return Object.is(value, -0) ? ['-0', 'use 0'] : [String(value), 'use null, or a string'];
}

function describeOther(value: unknown): Described {
  if (value === undefined) return ['undefined in an array', 'use null, or leave it out'];
  if (typeof value === 'function') return ['a function', 'use the data that it needs'];
  return [`a ${typeof value}`, 'use a string'];
}

const advice = new Map([
  ['Map', 'use Object.fromEntries(map), or [...map]'],
  ['Set', 'use [...set]'],
  ['Promise', 'await it first'],
  ['RegExp', 'use its source'],
]);

/** Refuses an object of which JSON would keep the fields at best. */
export function refuseInstance(walk: Walk, value: object): never {
  const name = className(value);
  const what =
    name === '' || name === 'Object'
      ? 'an object with a prototype of its own'
      : `an instance of ${name}`;
  refuse(walk, `is ${what}, which JSON cannot hold`, advice.get(name) ?? adviceFor(value));
}

function adviceFor(value: object): string {
  if (value instanceof Error) return 'use its message';
  if (ArrayBuffer.isView(value)) return 'use an array of numbers, or a string in base64';
  return 'use a plain object such as { ...value }, or give its class a toJSON method';
}

/** Refuses a Date that JSON.stringify would turn into null, where a string is expected. */
export function refuseInvalidDate(walk: Walk): never {
  refuse(walk, 'is an invalid Date', 'use a valid one, or null');
}

/** Refuses a container that lies too deep, or inside itself. */
export function refuseDepth(walk: Walk): never {
  refuseCycle(walk);
  const path = pathTo(walk, walk.depth - 1);
  throw notJson(`${path} is nested deeper than ${limits.jsonDepth} levels`, 'flatten it');
}

/** Refuses a value that is too long, or would never end. */
export function refuseSize(walk: Walk, bytes: string): never {
  refuseCycle(walk);
  const message = `${walk.root} has ${bytes} bytes as JSON; the limit is ${walk.maxBytes}`;
  throw new GigqError('too_large', message);
}

function refuseCycle(walk: Walk): void {
  const way = walk.parents.slice(0, walk.depth + 1);
  const again = way.findIndex((container, index) => way.indexOf(container) < index);
  if (again < 0) return;
  const first = way.indexOf(way[again] ?? null);
  const what = `${pathTo(walk, again - 1)} refers back to ${pathTo(walk, first - 1)}`;
  throw notJson(what, 'use an id in its place');
}

/** For what a getter, a proxy or a toJSON method threw while the value was read. */
export function unreadable(walk: Walk, error: unknown): GigqError {
  const message = property(error, 'message');
  const reason = typeof message === 'string' ? `: ${message.slice(0, shownKey)}` : '';
  return notJson(
    `${pathTo(walk, walk.depth)} could not be read${reason}`,
    'use a plain copy',
    error,
  );
}

const shownKey = 60;
const shownPath = 240;
const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function pathTo(walk: Walk, depth: number): string {
  const path =
    walk.root +
    walk.keys
      .slice(1, depth + 1)
      .map(segment)
      .join('');
  return path.length > shownPath
    ? `${path.slice(0, shownPath / 2)}…${path.slice(-shownPath / 2)}`
    : path;
}

function segment(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  const shown = key.length > shownKey ? `${key.slice(0, shownKey)}…` : key;
  return identifier.test(key) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
}
