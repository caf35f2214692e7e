import type { Command } from 'commander';
import { colorsOf } from './output.ts';

const heading = /^[A-Z][a-z]+(?: [a-z]+)?:$/gmu;

/** Adds text below the help of the command; its headings look like those of the parser. */
export function withNotes(command: Command, text: string): Command {
  const { bold } = colorsOf(process.stdout);
  return command.addHelpText('after', `\n${text.trim().replaceAll(heading, bold)}`);
}
