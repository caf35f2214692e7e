/** Logs of a process or thread that are written by the one that started it: entries cross as plain data. */
import { type Level, type Logger, makeLogger } from '../../client/logger.ts';
import { fromPlainError, type PlainError, toPlainError } from '../../core/errors.ts';
import { attempt, preview } from '../../core/preview.ts';

export interface LogEntry {
  readonly level: Level;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly errors: Readonly<Record<string, PlainError>>;
  readonly message: string | undefined;
}

/** A logger whose entries are handed on as data that can cross. */
export function relayingLogger(send: (entry: LogEntry) => void): Logger {
  return makeLogger((level, own, message) => {
    const fields: Record<string, unknown> = {};
    const errors: Record<string, PlainError> = {};
    for (const [name, value] of Object.entries(own instanceof Error ? { err: own } : own)) {
      if (value instanceof Error) errors[name] = toPlainError(value);
      else fields[name] = plain(value);
    }
    send({
      level,
      fields,
      errors,
      message: message ?? (own instanceof Error ? own.message : undefined),
    });
  });
}

/** As it would stand in a log of JSON lines; what has no such form is shown. */
function plain(value: unknown): unknown {
  const text = attempt(() => JSON.stringify(value));
  return typeof text === 'string' ? (JSON.parse(text) as unknown) : preview(value);
}

/** Writes an entry to the logger of the process that it has come to. */
export function logEntry(logger: Logger, { level, fields, errors, message }: LogEntry): void {
  const restored = Object.entries(errors).map(([name, error]) => [name, fromPlainError(error)]);
  const all = { ...fields, ...(Object.fromEntries(restored) as object) };
  if (message === undefined) logger[level](all);
  else logger[level](all, message);
}
