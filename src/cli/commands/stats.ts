import type { Command } from 'commander';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { paintStatus, statuses } from '../text.ts';

type Row = readonly [label: string, count: number];

async function showStats(options: CommonOptions): Promise<void> {
  const stats = await withExistingQueue(options, (queue) => queue.stats());
  if (options.json) return printJson(stats);
  const { renderTable } = await import('../table.ts');
  const rows = [...statuses, 'total' as const].map((label): Row => [label, stats[label]]);
  const table = renderTable<Row>(
    [
      { title: 'Status', text: ([label]) => label, paint: (label) => paintLabel(label) },
      { title: 'Count', text: ([, count]) => String(count), align: 'right' },
    ],
    rows,
  );
  return print(table);
}

function paintLabel(label: string): string {
  const status = statuses.find((known) => known === label);
  return status === undefined ? label : paintStatus(status);
}

export function defineStats(program: Command): void {
  const command = program.command('stats').description('count the jobs by status');
  withCommonOptions(command).action(showStats);
}
