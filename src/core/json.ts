/**
 * The JSON rule. What JSON.stringify turns into something else by its own rule is taken: toJSON, boxed scalars,
 * an undefined property. What it would lose is refused and named by its path, a symbol as a key included.
 * No data are properties that are not enumerable, and those of an array that are no elements.
 *
 * Every property is read once, so that what was checked is what is stored, whatever getters and proxies do.
 */
import { isGigqError } from './errors.ts';
import {
  refuse,
  refuseDepth,
  refuseInstance,
  refuseInvalidDate,
  refuseSize,
  refuseValue,
  unreadable,
  type Walk,
} from './json-refusal.ts';
import { limits } from './limits.ts';
import { utf8Length } from './utf8.ts';

/**
 * The value as JSON text; `undefined` becomes null.
 * @throws {GigqError} `not_json`, naming by its path what was refused; `too_large`.
 */
export function encodeJson(value: unknown, root: string, maxBytes: number): string {
  const walk: Walk = {
    root,
    maxBytes,
    units: 0,
    depth: 0,
    keys: [''],
    parents: [null],
  };
  const text = encodeAll(value, walk);
  // A UTF-16 unit takes at most three bytes: most texts need no count.
  if (text.length * 3 > maxBytes) checkSize(utf8Length(text), walk);
  return text;
}

function checkSize(bytes: number, walk: Walk): void {
  if (bytes > walk.maxBytes) refuseSize(walk, String(bytes));
}

function encodeAll(value: unknown, walk: Walk): string {
  try {
    return encode(value, walk) ?? 'null';
  } catch (error) {
    // What gigq itself refuses it explains itself.
    throw isGigqError(error) ? error : unreadable(walk, error);
  }
}

/** Undefined stands for undefined: what becomes of it depends on where it is. */
function encode(value: unknown, walk: Walk): string | undefined {
  switch (typeof value) {
    case 'string':
      return encodeString(value, walk);
    case 'number':
      return encodeNumber(value, walk);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : encodeObject(value, walk);
    case 'undefined':
      return undefined;
    case 'bigint':
    case 'function':
    case 'symbol':
      break;
  }
  return hasToJson(value) ? encodeReplacement(value, walk) : refuseValue(walk, value);
}

// A value that is used twice is written twice: the count ends a walk that would not end otherwise.
function spend(units: number, walk: Walk): void {
  walk.units += units;
  if (walk.units > walk.maxBytes) refuseSize(walk, `at least ${walk.units}`);
}

const escaped = /["\\\p{Cc}\p{Cs}]/u;
const shortText = 64;

function encodeString(text: string, walk: Walk): string {
  spend(text.length + 2, walk);
  return text.length < shortText && !escaped.test(text) ? `"${text}"` : JSON.stringify(text);
}

function encodeNumber(value: number, walk: Walk): string {
  if (!Number.isFinite(value) || Object.is(value, -0)) refuseValue(walk, value);
  const text = String(value);
  spend(text.length, walk);
  return text;
}

interface Replaceable {
  toJSON(key: string): unknown;
}

function hasToJson(value: unknown): value is Replaceable {
  return typeof (value as Partial<Replaceable>).toJSON === 'function';
}

function encodeObject(value: object, walk: Walk): string | undefined {
  return hasToJson(value) ? encodeReplacement(value, walk) : encodeContainer(value, walk);
}

function encodeReplacement(value: Replaceable, walk: Walk): string | undefined {
  const replacement = value.toJSON(String(walk.keys[walk.depth]));
  if (replacement === null && value instanceof Date) refuseInvalidDate(walk);
  // As with JSON.stringify, a replacement is not asked for another one.
  return typeof replacement === 'object' && replacement !== null
    ? encodeContainer(replacement, walk)
    : encode(replacement, walk);
}

function encodeContainer(value: object, walk: Walk): string | undefined {
  if (Array.isArray(value)) return encodeArray(value, walk);
  if (isPlain(value)) return encodePlain(value, walk);
  return encode(unbox(value), walk) ?? refuseInstance(walk, value);
}

/** The scalar of a boxed one, such as `new String('x')`; undefined for any other object. */
function unbox(value: object): string | number | boolean | undefined {
  switch (Object.prototype.toString.call(value)) {
    case '[object String]':
      return String.prototype.valueOf.call(value);
    case '[object Number]':
      return Number.prototype.valueOf.call(value);
    case '[object Boolean]':
      return Boolean.prototype.valueOf.call(value);
    default:
      return undefined;
  }
}

/** An object literal, of this realm or of another, or one without a prototype. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null || isForeignPrototype(prototype);
}

function isForeignPrototype(prototype: object): boolean {
  if (Object.getPrototypeOf(prototype) !== null) return false;
  return Object.hasOwn(prototype, 'constructor') && prototype.constructor.name === 'Object';
}

function enter(container: object, walk: Walk): void {
  walk.depth += 1;
  walk.parents[walk.depth] = container;
  if (walk.depth > limits.jsonDepth) refuseDepth(walk);
}

function encodeArray(items: readonly unknown[], walk: Walk): string {
  enter(items, walk);
  let text = '';
  for (let index = 0; index < items.length; index++) {
    walk.keys[walk.depth] = index;
    spend(1, walk);
    const item = encode(items[index], walk) ?? refuseValue(walk, undefined);
    text += index === 0 ? item : `,${item}`;
  }
  walk.depth -= 1;
  return `[${text}]`;
}

function checkSymbols(value: object, walk: Walk): void {
  for (const key of Object.getOwnPropertySymbols(value)) {
    if (!Object.prototype.propertyIsEnumerable.call(value, key)) continue;
    refuse(walk, `has a symbol as a key, ${String(key)}`, 'use a string');
  }
}

function encodePlain(value: Readonly<Record<string, unknown>>, walk: Walk): string {
  checkSymbols(value, walk);
  enter(value, walk);
  let text = '';
  for (const key of Object.keys(value)) {
    walk.keys[walk.depth] = key;
    if (key === '__proto__') refuse(walk, 'would change a prototype', 'use another key');
    const item = encode(value[key], walk);
    if (item === undefined) continue;
    const name = encodeString(key, walk);
    text += text === '' ? `${name}:${item}` : `,${name}:${item}`;
  }
  walk.depth -= 1;
  return `{${text}}`;
}
