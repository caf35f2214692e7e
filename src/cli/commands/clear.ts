import type { Command } from 'commander';
import { readDuration } from '../durations.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';

interface ClearOptions extends CommonOptions {
  readonly before?: string;
}

async function clear(options: ClearOptions): Promise<void> {
  const { before } = options;
  const age = before === undefined ? {} : { before: await readDuration('--before', before, 'd') };
  const cleared = await withExistingQueue(options, (queue) => queue.clearCompleted(age));
  await (options.json ? printJson({ cleared }) : print(`Cleared ${cleared} jobs.`));
}

const notes = `
Failed and timed out jobs stay.

Examples:
  $ gigq clear --before 7      those that ended more than 7 days ago
  $ gigq clear --before 12h
`;

export function defineClear(program: Command): void {
  const command = program
    .command('clear')
    .description('remove completed and cancelled jobs')
    .option('--before <age>', 'only those that ended this long ago: days, or a duration');
  withNotes(withCommonOptions(command), notes).action(clear);
}
