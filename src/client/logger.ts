/** What gigq logs to. It logs nothing until it is given a logger or `setupLogging` was called. */
import { processWide } from './process-wide.ts';

/** Logs a message, or fields with a message. */
export interface LogMethod {
  (message: string): void;
  (fields: object, message?: string): void;
}

/**
 * The shape of pino, so that a pino logger drops in.
 *
 * @example
 * const logger: Logger = { debug() {}, info: console.error, warn: console.error, error: console.error };
 * const queue = new JobQueue('jobs.db', { logger });
 */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** One entry of a log. */
export type Write = (level: Level, fields: object, message: string | undefined) => void;

/** A logger that hands every entry to one function. */
export function makeLogger(write: Write): Logger {
  const method =
    (level: Level): LogMethod =>
    (first: object | string, message?: string) => {
      if (typeof first === 'string') write(level, {}, first);
      else write(level, first, message);
    };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  };
}

/** Logs nothing. */
export const silentLogger: Logger = makeLogger(() => {});

const current = processWide('logger', () => ({ logger: silentLogger }));

function forward(logger: Logger, level: Level, fields: object, message: string | undefined): void {
  if (message === undefined) logger[level](fields);
  else logger[level](fields, message);
}

/** Makes the logger the one that everything without a logger of its own logs to. */
export function setDefaultLogger(logger: Logger): void {
  current.logger = logger;
}

/** Logs to whatever the default is at that moment: nothing, or what `setupLogging` set up. */
export const defaultLogger: Logger = makeLogger((level, fields, message) => {
  forward(current.logger, level, fields, message);
});

/**
 * A logger that adds the fields to each entry. A logger that throws is a logger without effect: what is logged must
 * not change what happens.
 */
export function withFields(logger: Logger, fields: object): Logger {
  return makeLogger((level, own, message) => {
    try {
      forward(logger, level, { ...fields, ...fieldsOf(own) }, message ?? messageOf(own));
    } catch {
      // there is no other place to tell it
    }
  });
}

// An error has no fields that would survive being spread.
function fieldsOf(own: object): object {
  return own instanceof Error ? { err: own } : own;
}

function messageOf(own: object): string | undefined {
  return own instanceof Error ? own.message : undefined;
}
