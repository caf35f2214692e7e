import { type Command, InvalidArgumentError } from 'commander';
import type { JobFilter, JobInfo, JobStatus } from '../../index.ts';
import { withNotes } from '../help-notes.ts';
import { collect, notEmpty, positiveNumber, withCommonOptions } from '../options.ts';
import { print, printPages } from '../output.ts';
import { pages, withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { formatTime, paintStatus, statuses } from '../text.ts';

interface ListOptions extends CommonOptions {
  readonly status?: readonly JobStatus[];
  readonly task?: string;
  readonly queue?: string;
  readonly worker?: string;
  readonly workflow?: string;
  readonly limit: number;
}

function addStatus(value: string, previous: readonly string[] | undefined): readonly string[] {
  if (statuses.some((status) => status === value)) return collect(value, previous);
  throw new InvalidArgumentError(`Write one of ${statuses.join(', ')}.`);
}

function filterOf({ status, task, queue, worker, workflow }: ListOptions): JobFilter {
  return {
    ...(status && { status }),
    ...(task !== undefined && { task }),
    ...(queue !== undefined && { queue }),
    ...(worker !== undefined && { workerId: worker }),
    ...(workflow !== undefined && { workflowId: workflow }),
  };
}

async function printTable(jobs: readonly JobInfo[]): Promise<void> {
  const { renderTable } = await import('../table.ts');
  const table = renderTable<JobInfo>(
    [
      { title: 'ID', text: ({ id }) => id },
      { title: 'Name', text: ({ name }) => name, isFlexible: true },
      {
        title: 'Status',
        text: ({ status }) => status,
        paint: (_, { status }) => paintStatus(status),
      },
      { title: 'Priority', text: ({ priority }) => String(priority), align: 'right', dropOrder: 2 },
      { title: 'Created', text: ({ createdAt }) => formatTime(createdAt), dropOrder: 1 },
      { title: 'Updated', text: ({ updatedAt }) => formatTime(updatedAt), dropOrder: 3 },
    ],
    jobs,
  );
  await print(table);
}

function show(jobs: readonly JobInfo[]): Promise<void> {
  return jobs.length === 0 ? print('No jobs found.') : printTable(jobs);
}

async function list(options: ListOptions): Promise<void> {
  const filter = filterOf(options);
  await withExistingQueue(options, async (queue) => {
    const found = pages((page) => queue.listJobs({ ...filter, ...page }), options);
    await printPages(found, options.json, show);
  });
}

const notes = `
On a narrow terminal columns are left out; --json has everything.

Examples:
  $ gigq list --status failed --status timeout
  $ gigq list --worker worker-1 --json
`;

export function defineList(program: Command): void {
  const command = program
    .command('list')
    .description('show jobs, the newest first')
    .optionsGroup('Filters:')
    .option('--status <status>', 'jobs in this status; repeatable', addStatus)
    .option('--task <name>', 'jobs of this task', notEmpty)
    .option('--queue <name>', 'jobs in this queue', notEmpty)
    .option('--worker <id>', 'jobs that this worker, or this slot of one, runs', notEmpty)
    .option('--workflow <id>', 'jobs of this workflow', notEmpty)
    .option('--limit <n>', 'at most this many', positiveNumber, 100);
  withNotes(withCommonOptions(command), notes).action(list);
}
