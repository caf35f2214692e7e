/** Data goes to stdout, talk to stderr. */
import pc from 'picocolors';
import { escapeBlock } from './escape.ts';
import { redact } from './redact.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** Whether the stream is a terminal that may be sent colours. */
export function hasColors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR: noColor = '', TERM: terminal } = process.env;
  // Where it is no terminal, isTTY is undefined, which would mean: find out.
  return stream.isTTY ? noColor === '' && terminal !== 'dumb' : false;
}

export function colorsOf(stream: NodeJS.WriteStream): Colors {
  return pc.createColors(hasColors(stream));
}

/** Columns to fit into; undefined where the reader is no terminal and wants everything. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    // A reader that went away is reported by the stream's error event.
    stream.write(text, () => resolve());
  });
}

/** Writes data; resolves when the reader can take more. */
export function print(text: string): Promise<void> {
  return write(process.stdout, `${text}\n`);
}

/** One JSON value a line. */
export async function printJson(...values: readonly unknown[]): Promise<void> {
  if (values.length > 0) await print(values.map(toJson).join('\n'));
}

/** Rows that come page by page: as JSON while they come, else all at once, by `show`. */
export async function printPages<Row>(
  pages: AsyncIterable<readonly Row[]>,
  json: boolean | undefined,
  show: (rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  const rows: Row[] = [];
  for await (const page of pages) {
    if (json) await printJson(...page);
    else rows.push(...page);
  }
  if (!json) await show(rows);
}

export function toJson(value: unknown): string {
  return escapeBlock(JSON.stringify(value));
}

/** JSON for people. */
export function toPrettyJson(value: unknown): string {
  return escapeBlock(JSON.stringify(value, undefined, 2));
}

/** Says something to the person, beside the data. */
export function talk(text: string): Promise<void> {
  return write(process.stderr, `${redact(text)}\n`);
}

/** Resolves when everything written so far has left the process. */
export async function flushOutput(): Promise<void> {
  await Promise.all([write(process.stdout, ''), write(process.stderr, '')]);
}

/**
 * Ends quietly when the reader of stdout has gone, as in `gigq list | head`; anything else that keeps the data from
 * arriving, such as a full disk, is told.
 */
export function watchOutput(onError: (error: Error) => void): void {
  const { stdout, stderr } = process;
  stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    stdout.on('error', () => undefined);
    onError(error);
  });
  // Nobody reads the talk any more; that is no reason to stop working.
  stderr.on('error', () => undefined);
}
