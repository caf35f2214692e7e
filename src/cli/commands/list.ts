import { type Command, InvalidArgumentError } from 'commander';
import type { JobFilter, JobInfo, JobQueue, JobStatus } from '../../index.ts';
import { withNotes } from '../help-notes.ts';
import { collect, notEmpty, positiveNumber, withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { formatTime, paintStatus, statuses } from '../text.ts';

interface ListOptions extends CommonOptions {
  readonly status?: readonly JobStatus[];
  readonly task?: string;
  readonly queue?: string;
  readonly worker?: string;
  readonly limit: number;
}

const pageSize = 1000;

function addStatus(value: string, previous: readonly string[] | undefined): readonly string[] {
  if (statuses.some((status) => status === value)) return collect(value, previous);
  throw new InvalidArgumentError(`Write one of ${statuses.join(', ')}.`);
}

function filterOf({ status, task, queue, worker }: ListOptions): JobFilter {
  return {
    ...(status && { status }),
    ...(task !== undefined && { task }),
    ...(queue !== undefined && { queue }),
    ...(worker !== undefined && { workerId: worker }),
  };
}

async function* pages(
  queue: JobQueue,
  filter: JobFilter,
  limit: number,
): AsyncGenerator<readonly JobInfo[]> {
  let left = limit;
  let before: string | undefined;
  do {
    const size = Math.min(left, pageSize);
    const jobs = await queue.listJobs({
      ...filter,
      limit: size,
      ...(before !== undefined && { before }),
    });
    yield jobs;
    left = jobs.length < size ? 0 : left - size;
    before = jobs.at(-1)?.id;
  } while (left > 0);
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

async function list(options: ListOptions): Promise<void> {
  await withExistingQueue(options, async (queue) => {
    const jobs: JobInfo[] = [];
    for await (const page of pages(queue, filterOf(options), options.limit)) {
      if (options.json) await printJson(...page);
      else jobs.push(...page);
    }
    if (options.json) return;
    await (jobs.length === 0 ? print('No jobs found.') : printTable(jobs));
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
    .option('--limit <n>', 'at most this many', positiveNumber, 100);
  withNotes(withCommonOptions(command), notes).action(list);
}
