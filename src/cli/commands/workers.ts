import type { Command } from 'commander';
import type { WorkerInfo } from '../../index.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { colorsOf, print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import type { Column } from '../table.ts';
import { formatAge } from '../text.ts';

type Running = WorkerInfo['jobs'][number];

const stateColors = {
  active: 'green',
  stopping: 'yellow',
  silent: 'red',
  lost: 'dim',
} as const;

function stateOf({ state, silent }: WorkerInfo): keyof typeof stateColors {
  return silent ? 'silent' : state;
}

function age(date: Date): string {
  return formatAge(Date.now() - date.getTime());
}

const workerColumns: readonly Column<WorkerInfo>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'Host', text: ({ host }) => host, isFlexible: true, dropOrder: 3 },
  { title: 'PID', text: ({ pid }) => String(pid), align: 'right', dropOrder: 2 },
  {
    title: 'Queues',
    text: ({ queues }) => queues.join(', ') || 'all',
    isFlexible: true,
    dropOrder: 4,
  },
  {
    title: 'Running',
    text: ({ running, concurrency }) => `${running}/${concurrency}`,
    align: 'right',
  },
  { title: 'Heartbeat', text: ({ heartbeatAt }) => age(heartbeatAt), dropOrder: 1 },
  {
    title: 'State',
    text: stateOf,
    paint: (text, worker) => colorsOf(process.stdout)[stateColors[stateOf(worker)]](text),
  },
];

const jobColumns: readonly Column<Running>[] = [
  { title: 'Worker', text: ({ slot }) => slot, dropOrder: 1 },
  { title: 'Job', text: ({ id }) => id },
  { title: 'Name', text: ({ name }) => name, isFlexible: true },
  { title: 'Task', text: ({ task }) => task, isFlexible: true, dropOrder: 2 },
  { title: 'For', text: ({ startedAt }) => age(startedAt), align: 'right' },
];

function unnamed(workers: readonly WorkerInfo[]): number {
  return workers.reduce((sum, { running, jobs }) => sum + Math.max(0, running - jobs.length), 0);
}

async function printTables(workers: readonly WorkerInfo[]): Promise<void> {
  const { renderTable } = await import('../table.ts');
  await print(renderTable(workerColumns, workers));
  const jobs = workers.flatMap((worker) => worker.jobs);
  if (jobs.length === 0) return;
  const rest = unnamed(workers);
  await print(`\n${renderTable(jobColumns, jobs)}${rest > 0 ? `\nand ${rest} more` : ''}`);
}

async function showWorkers(options: CommonOptions): Promise<void> {
  const workers = await withExistingQueue(options, (queue) => queue.workers());
  if (options.json) return printJson(...workers);
  return workers.length === 0 ? print('No workers found.') : printTables(workers);
}

const notes = `
Running: jobs and slots. Heartbeat: how long ago it was last heard of. State:
active, stopping, silent (its lease is over, and nobody has taken its jobs yet)
or lost. What the workers run, and for how long, follows.
On a narrow terminal columns are left out; --json has everything.
`;

export function defineWorkers(program: Command): void {
  const command = program.command('workers').description('show the workers');
  withNotes(withCommonOptions(command), notes).action(showWorkers);
}
