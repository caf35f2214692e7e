/** The params of a job as they are typed: `--params` whole, `-p` key by key. */
import { wrongUsage } from './failure.ts';

// A number that JSON would round is refused: an id must not change on its way.
function exact(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || !/^-?\d+$/u.test(source ?? '') || Number.isSafeInteger(value))
    return value;
  throw wrongUsage(`the number ${source} would lose digits`, `Pass it as text: '"${source}"'.`);
}

function parse(text: string): unknown {
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

function parseValue(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function parseWhole(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrongUsage(`--params is not JSON: ${error.message}`, `Write it as '{"key": "value"}'.`);
  }
}

function parsePair(pair: string): readonly [string, unknown] {
  const at = pair.indexOf('=');
  if (at < 1)
    throw wrongUsage(`-p ${pair} has no ${at === 0 ? 'key' : "'='"}`, 'Write -p key=value.');
  return [pair.slice(0, at), parseValue(pair.slice(at + 1))];
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Both together; a key of `-p` wins. Undefined if neither is given. */
export function readParams(
  pairs: readonly string[] | undefined,
  whole: string | undefined,
): unknown {
  const base = whole === undefined ? undefined : parseWhole(whole);
  if (pairs === undefined) return base;
  if (base !== undefined && !isPlainObject(base)) {
    throw wrongUsage('--params is no object, so -p cannot add to it', 'Use one of the two.');
  }
  return { ...base, ...Object.fromEntries(pairs.map(parsePair)) };
}
