/** Options that several commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Adds a value to those of a repeated option, so that none swallows an argument. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), notEmpty(value)];
}

export function notEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

function integer(value: string): number {
  return /^[-+]?\d+$/u.test(value) ? Number(value) : NaN;
}

/** Reads a whole number, negative ones included. */
export function wholeNumber(value: string): number {
  const number = integer(value);
  if (Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('Write a whole number.');
}

export function positiveNumber(value: string): number {
  const number = integer(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('Write a whole number from 1.');
}

const database = new Option('--db <path>', 'path of the database (default: gigq.db)')
  .env('GIGQ_DB')
  .argParser(notEmpty);

/** The options that every command has, after its own. */
export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Common options:')
    .addOption(database)
    .option('--json', 'print JSON, lists as one object a line')
    .option('--verbose', 'say more, and where an error comes from')
    .helpOption('-h, --help', 'show this help');
}

export function tasksOption(description: string): Option {
  return new Option('--tasks <module>', `${description} (env: GIGQ_TASKS)`).argParser(collect);
}
