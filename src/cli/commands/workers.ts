import type { Command } from 'commander';
import type { WorkerInfo } from '../../index.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { formatAge } from '../text.ts';

function heartbeat({ heartbeatAt, state }: WorkerInfo): string {
  const age = formatAge(Date.now() - heartbeatAt.getTime());
  return state === 'active' ? age : `${age}, ${state}`;
}

async function printTable(workers: readonly WorkerInfo[]): Promise<void> {
  const { renderTable } = await import('../table.ts');
  const table = renderTable<WorkerInfo>(
    [
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
      { title: 'Heartbeat', text: heartbeat, dropOrder: 1 },
    ],
    workers,
  );
  await print(table);
}

async function showWorkers(options: CommonOptions): Promise<void> {
  const workers = await withExistingQueue(options, (queue) => queue.workers());
  if (options.json) return printJson(...workers);
  return workers.length === 0 ? print('No workers found.') : printTable(workers);
}

const notes = `
Running: jobs and slots. Heartbeat: how long ago it was last heard of.
On a narrow terminal columns are left out; --json has everything.
`;

export function defineWorkers(program: Command): void {
  const command = program.command('workers').description('show the workers');
  withNotes(withCommonOptions(command), notes).action(showWorkers);
}
