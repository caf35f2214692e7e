/** Setting up logs on stderr, for people or for machines. */
import { Console } from 'node:console';
import { jsonLine, prettyLine } from './log-format.ts';
import { type Level, levels, type Logger, makeLogger, setDefaultLogger } from './logger.ts';
import { checkOptions, type Checks, oneOf } from './options.ts';

/** How to log. */
export interface LoggingOptions {
  /** The least level that is logged; default 'info'. */
  level?: Level;
  /** Default: 'pretty' on a terminal, 'json' otherwise. */
  format?: 'pretty' | 'json';
}

const checks: Checks<LoggingOptions> = { level: oneOf(...levels), format: oneOf('pretty', 'json') };

/**
 * Makes gigq log to stderr: pretty on a terminal, JSON lines otherwise. Every queue and worker that was given no
 * logger uses it, those that exist already included; it is returned for entries of your own. Importing gigq logs
 * nothing. Called again, it replaces what was set up before.
 *
 * @throws {GigqError} `invalid_option`
 * @example
 * const log = setupLogging({ level: 'debug' });
 * log.info({ port: 8080 }, 'listening');
 */
export function setupLogging(options: LoggingOptions = {}): Logger {
  checkOptions(checks, options, 'setupLogging()');
  const { level: least = 'info', format = process.stderr.isTTY ? 'pretty' : 'json' } = options;
  const isPretty = format === 'pretty';
  const isColoured = wantsColours();
  const print = printer();
  const logger = makeLogger((level, fields, message) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const entry = { time: new Date(), level, fields, message };
    print(isPretty ? prettyLine(entry, isColoured) : jsonLine(entry));
  });
  setDefaultLogger(logger);
  return logger;
}

function wantsColours(): boolean {
  const { NO_COLOR: noColour = '', TERM: terminal } = process.env;
  if (!process.stderr.isTTY) return false;
  return noColour === '' && terminal !== 'dumb';
}

// A Console ignores that its stream is gone: a broken pipe ends the log, not the process.
function printer(): (line: string) => void {
  const console = new Console(process.stderr, process.stderr);
  return (line) => console.log('%s', line);
}
