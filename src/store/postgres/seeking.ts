/** Looking for what is called by a text that the server cannot take. */

type Seeking = Readonly<Record<string, (input: never) => Promise<unknown>>>;

/**
 * The operations, asked with a line break for each NUL: the server refuses to compare a text that has one. Neither is in
 * anything that jobs, workflows, workers and queues are called by, so that nothing is found, as in a file.
 */
export function seeking<Operations extends Seeking>(operations: Operations): Operations {
  const entries = Object.entries(operations).map(([name, operation]) => [
    name,
    (input: unknown) => operation(withoutNul(input) as never),
  ]);
  return Object.fromEntries(entries) as Operations;
}

function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\n');
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutNul(each)]));
}
