/** A value in a line, for a message. Reading it never throws. */
import { truncateUtf8 } from './utf8.ts';

const previewBytes = 200;
const previewItems = 10;

/** What `read` returns, or undefined if it throws: a getter or a proxy may do anything. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A property of whatever it is; undefined if it cannot be read. */
export function property(value: unknown, key: PropertyKey): unknown {
  return attempt(() => (value as Record<PropertyKey, unknown> | null | undefined)?.[key]);
}

/** The name of the value's class, '' if it has none. */
export function className(value: unknown): string {
  const name = property(property(value, 'constructor'), 'name');
  return typeof name === 'string' ? truncateUtf8(name, previewBytes) : '';
}

/** The value itself if it is a scalar, else its class and the first of what is in it. Never empty. */
export function preview(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : value;
  return attempt(() => previewOther(value)) ?? `a value that cannot be read (${typeof value})`;
}

function previewOther(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name}`.trimEnd();
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null ? previewObject(value) : String(value);
}

function previewObject(value: object): string {
  if (Array.isArray(value)) return previewArray(value);
  // The keys of a buffer are all its bytes, as strings.
  if (ArrayBuffer.isView(value)) return `${className(value)} of ${value.byteLength} bytes`;
  const keys = Object.keys(value);
  const shown = keys
    .slice(0, previewItems)
    .map((key) => `${short(key)}: ${previewItem(property(value, key))}`);
  const label = className(value).replace(/^Object$/u, '');
  return `${label} {${list(keys.length, shown)}}`.trimStart();
}

function previewArray(items: readonly unknown[]): string {
  return `[${list(items.length, items.slice(0, previewItems).map(previewItem))}]`;
}

function list(count: number, shown: readonly string[]): string {
  return (count > shown.length ? [...shown, '…'] : shown).join(', ');
}

function previewItem(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(short(value));
  if (typeof value === 'object' && value !== null) return className(value) || 'object';
  return short(preview(value));
}

function short(text: string): string {
  return truncateUtf8(text, previewBytes);
}
