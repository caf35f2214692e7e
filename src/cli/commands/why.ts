import type { Command } from 'commander';
import { escapeLine } from '../escape.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';

async function explain(id: string, options: CommonOptions): Promise<void> {
  const answer = await withExistingQueue(options, (queue) => queue.why(id));
  if (options.json) return printJson(answer);
  return print(answer.reasons.map(({ message }) => escapeLine(message)).join('\n'));
}

const notes = `
The nearest reason comes first. Of a job that waits for others, the reasons of
those at which the waiting begins follow, each with the name of its job.
`;

export function defineWhy(program: Command): void {
  const command = program
    .command('why')
    .description('say why a job does not run, or how it ended')
    .argument('<id>', 'the id of the job');
  withNotes(withCommonOptions(command), notes).action(explain);
}
