import { type Command, Option } from 'commander';
import type { WorkflowInfo, WorkflowStatus } from '../../index.ts';
import { withNotes } from '../help-notes.ts';
import { notEmpty, positiveNumber, withCommonOptions } from '../options.ts';
import { print, printPages } from '../output.ts';
import { pages, withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { renderTable } from '../table.ts';
import { formatTime, paintStatus } from '../text.ts';

interface ListOptions extends CommonOptions {
  readonly status?: WorkflowStatus;
  readonly limit: number;
  readonly before?: string;
}

function renderWorkflows(workflows: readonly WorkflowInfo[]): string {
  return renderTable<WorkflowInfo>(
    [
      { title: 'ID', text: ({ id }) => id },
      { title: 'Name', text: ({ name }) => name, isFlexible: true },
      {
        title: 'Status',
        text: ({ status }) => status,
        paint: (_, { status }) => paintStatus(status),
      },
      { title: 'Jobs', text: ({ jobs }) => `${jobs.completed}/${jobs.total}`, align: 'right' },
      { title: 'Created', text: ({ createdAt }) => formatTime(createdAt), dropOrder: 1 },
    ],
    workflows,
  );
}

function show(workflows: readonly WorkflowInfo[]): Promise<void> {
  return print(workflows.length === 0 ? 'No workflows found.' : renderWorkflows(workflows));
}

async function list(options: ListOptions): Promise<void> {
  const filter = options.status === undefined ? {} : { status: options.status };
  await withExistingQueue(options, async (queue) => {
    const found = pages((page) => queue.listWorkflows({ ...filter, ...page }), options);
    await printPages(found, options.json, show);
  });
}

const notes = `
Jobs: how many have completed, of how many.
On a narrow terminal columns are left out; --json has everything.
`;

export function defineList(group: Command): void {
  const command = group
    .command('list')
    .description('show workflows, the newest first')
    .optionsGroup('Filters:')
    .addOption(
      new Option('--status <status>', 'workflows in this status').choices([
        'running',
        'completed',
        'failed',
        'cancelled',
      ]),
    )
    .option('--limit <n>', 'at most this many', positiveNumber, 100)
    .option('--before <id>', 'only those submitted before this one', notEmpty);
  withNotes(withCommonOptions(command), notes).action(list);
}
