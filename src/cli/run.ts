/**
 * The command line: a door, built on the public entry points only. From arguments to an exit code: parse, run the
 * command, say what went wrong on one line. What takes long to load is loaded by the command that needs it.
 */
import { type Command, CommanderError, type Option } from 'commander';
import { describeFailure, exitCodeOf, exitCodes, stackOf, wrongUsage } from './failure.ts';
import { hoistCommand } from './hoist-command.ts';
import { colorsOf, flushOutput, talk, watchOutput } from './output.ts';
import { createProgram } from './program.ts';
import { forgetEmptyVariables } from './settings.ts';

function isGroup({ commands }: Command): boolean {
  return commands.length > 0;
}

/** The commands themselves, those of groups included. */
function leavesOf(program: Command): readonly Command[] {
  return program.commands.flatMap((command) => (isGroup(command) ? leavesOf(command) : command));
}

function flagsOf(program: Command, which: (option: Option) => boolean): ReadonlySet<string> {
  const options = leavesOf(program)
    .flatMap((command) => command.options)
    .filter(which);
  return new Set(options.flatMap(({ short, long }) => [short ?? '', long ?? '']));
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** The program, the group and the command that the arguments name, as far as they do. */
function pathOf(program: Command, [first, ...rest]: readonly string[]): readonly Command[] {
  const command = program.commands.find((known) => known.name() === first);
  return command === undefined ? [program] : [program, ...pathOf(command, rest)];
}

function usageOf(error: CommanderError, program: Command, args: readonly string[]): Error {
  const path = pathOf(program, args);
  const next = args[path.length - 1] ?? '';
  const hint = `See \`${path.map((command) => command.name()).join(' ')} --help\`.`;
  if (path.every(isGroup) && flagsOf(program, () => true).has(next))
    return wrongUsage('no command is given', hint);
  // The parser ends its message with a suggestion, on a line of its own.
  return wrongUsage(error.message.replace(/^error: /u, '').replaceAll(/\s+/gu, ' '), hint);
}

function isHelp(error: unknown): error is CommanderError {
  return error instanceof CommanderError && /help|version/u.test(error.code);
}

async function report(error: unknown, isVerbose: boolean): Promise<number> {
  const { red } = colorsOf(process.stderr);
  await talk(`${red('gigq:')} ${describeFailure(error)}`);
  if (isVerbose) await talk(stackOf(error));
  return exitCodeOf(error);
}

async function end(exitCode: number): Promise<never> {
  await flushOutput();
  process.exit(exitCode === 0 ? process.exitCode : exitCode);
}

// A worker looks after the stray errors of its jobs by itself.
function endOnStrayError(program: Command, isVerbose: boolean): void {
  program.hook('preAction', (_program, command) => {
    if (command.name() === 'worker') return;
    process.on('uncaughtException', (error) => void report(error, isVerbose).then(end));
  });
}

async function parse(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const isUsage = error instanceof CommanderError && !isHelp(error);
    throw isUsage ? usageOf(error, program, args) : error;
  }
}

function exitCodeOfHelp({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : exitCodes.usage;
}

async function execute(args: readonly string[], isVerbose: boolean): Promise<number> {
  const program = await createProgram(args[0] ?? '');
  endOnStrayError(program, isVerbose);
  const groups = new Set(program.commands.filter(isGroup).map((command) => command.name()));
  const grammar = { takesValue: flagsOf(program, takesValue), groups };
  await parse(program, hoistCommand(args, grammar));
  return Number(process.exitCode ?? 0);
}

async function run(args: readonly string[], isVerbose: boolean): Promise<number> {
  try {
    return await execute(args, isVerbose);
  } catch (error) {
    return isHelp(error) ? exitCodeOfHelp(error) : report(error, isVerbose);
  }
}

/** Runs the command and ends the process, whatever a module of the user's keeps open. */
export async function main(args: readonly string[]): Promise<void> {
  const isVerbose = args.includes('--verbose');
  watchOutput((error) => {
    // The command may come to its own end before this is said.
    process.exitCode = exitCodes.failed;
    void report(error, isVerbose).then(end);
  });
  forgetEmptyVariables();
  await end(await run(args, isVerbose));
}
