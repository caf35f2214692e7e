/** How a length of time is written, and what to say when it is not. Throws nothing. */
import { limits } from './limits.ts';

/** A length of time with its unit: '500ms', '5s', '10m', '2h', '7d', '1h30m'. */
export type Duration =
  | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`
  | `${number}${'d' | 'h' | 'm'}${number}${'h' | 'm' | 's'}`;

/** The units, largest first, as they have to follow each other. */
export const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

const number = String.raw`(\d+(?:\.\d+)?)`;
const grammar = new RegExp(`^${units.map(([unit]) => `(?:${number}${unit})?`).join('')}$`, 'u');
const longest = 64;
const examples = "'500ms', '5s', '10m', '2h', '7d' or '1h30m'";
const tooLong = "is over the longest duration, '36525d' (100 years)";

/** Milliseconds, rounded; undefined if the text is not a duration or is too long to mean one. */
export function parseDuration(text: string): number | undefined {
  const ms = readMs(text);
  return ms === undefined || ms > limits.durationMs ? undefined : ms;
}

function readMs(text: string): number | undefined {
  if (text === '' || text.length > longest) return undefined;
  const parts = grammar.exec(text);
  if (parts === null) return undefined;
  const ms = units.map(([, unitMs], index) => Number(parts[index + 1] ?? 0) * unitMs);
  return Math.round(ms.reduce((sum, part) => sum + part, 0));
}

/** Why the value is not a duration, and what to write instead. */
export function explainDuration(value: unknown, name: string): string {
  if (typeof value !== 'string') return `${name}: ${explainOther(value)}`;
  const shown = `'${value.slice(0, longest)}${value.length > longest ? '…' : ''}'`;
  return `${name}: ${shown} ${explainText(value)}`;
}

function explainOther(value: unknown): string {
  if (typeof value === 'number') return explainNumber(value);
  const kind = value === null ? 'null' : typeof value;
  return `expected a duration, got ${kind}; write a number and its unit: ${examples}`;
}

function explainNumber(value: number): string {
  if (value > limits.durationMs) return `${value} ${tooLong}`;
  if (value >= 0) return `${value} has no unit; write '${value}s' or '${value}ms'`;
  return `${value} is not a length of time; write ${examples}`;
}

function explainText(text: string): string {
  if (/^\d+(?:\.\d+)?$/u.test(text)) return `has no unit; write '${text}s' or '${text}ms'`;
  if ((readMs(text) ?? 0) > limits.durationMs) return tooLong;
  if (text.startsWith('-')) return `is negative; write ${examples}`;
  const tidy = text.replaceAll(/\s/gu, '').toLowerCase();
  if (parseDuration(tidy) !== undefined) return `is not a duration; write '${tidy}'`;
  return `is not a duration; write numbers with their units, largest first: ${examples}`;
}
