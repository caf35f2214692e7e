import { type Command, Option } from 'commander';
import type { Moved, MoveOptions, MoveProgress } from '../../admin/index.ts';
import { readOptionalDuration } from '../durations.ts';
import { escapeLine } from '../escape.ts';
import { withNotes } from '../help-notes.ts';
import { notEmpty, withCommonOptions } from '../options.ts';
import { print, printJson, talk } from '../output.ts';
import { ProgressLine } from '../progress-line.ts';
import { type CommonOptions, databaseOf } from '../settings.ts';
import { renderTable } from '../table.ts';

interface MoveCommandOptions extends CommonOptions {
  readonly from?: string;
  readonly to: string;
  readonly wait?: boolean;
  readonly waitTimeout?: string;
  readonly dryRun?: boolean;
  readonly undo?: boolean;
}

const numbers = new Intl.NumberFormat('en');

/** What is said while it goes on: whom it waits for, and how far it has come. */
class Report {
  readonly #line = new ProgressLine();
  #waitsFor = '';
  #sinceMs = 0;

  tell({ phase, rows, total, workers }: MoveProgress): void {
    if (phase === 'waiting') this.#tellWaiting(workers.join(', '));
    else if (phase === 'marked') this.#sinceMs = performance.now();
    else if (phase === 'copying') this.#line.show(this.#copying(rows, total));
  }

  end(): void {
    this.#line.clear();
  }

  #tellWaiting(workers: string): void {
    if (workers === this.#waitsFor) return;
    this.#waitsFor = workers;
    void talk(`Waiting until these workers have stopped: ${escapeLine(workers)}`);
  }

  #copying(rows: number, total: number): string {
    const seconds = (performance.now() - this.#sinceMs) / 1000;
    const rate = numbers.format(Math.round(rows / seconds));
    return `Copying: ${numbers.format(rows)} of ${numbers.format(total)} rows, ${rate}/s`;
  }
}

function headline({ from, to, outcome }: Moved): string {
  const said = {
    moved: `Moved ${from} to ${to}; both sides hold the same:`,
    already: `${from} has moved to ${to} already:`,
    planned: `Would move ${from} to ${to}:`,
    undone: `${from} is used as before; nothing of it is in ${to}:`,
    unmarked: `${from} is not being moved, and is used as before:`,
  };
  return said[outcome];
}

function describe(moved: Moved): string {
  const tables = Object.entries(moved.tables);
  const columns = [
    { title: 'Table', text: ([name]: (typeof tables)[number]) => name },
    {
      title: 'Rows',
      text: ([, { rows }]: (typeof tables)[number]) => numbers.format(rows),
      align: 'right',
    },
    {
      title: 'SHA-256',
      text: ([, { checksum }]: (typeof tables)[number]) => checksum ?? '-',
    },
  ] as const;
  return `${headline(moved)}\n${renderTable(columns, tables)}`;
}

async function waitOf({ wait, waitTimeout }: MoveCommandOptions): Promise<MoveOptions> {
  const timeout = await readOptionalDuration('--wait-timeout', waitTimeout);
  return { wait: timeout ?? wait ?? false };
}

async function moveJobs(options: MoveCommandOptions): Promise<void> {
  const { move } = await import('../../admin/index.ts');
  const from = options.from ?? (await databaseOf(options));
  const { dryRun = false, undo = false } = options;
  const waiting = await waitOf(options);
  const report = new Report();
  const onProgress = (progress: MoveProgress): void => report.tell(progress);
  const moving = move(from, options.to, { ...waiting, dryRun, undo, onProgress });
  const moved = await moving.finally(() => report.end());
  await (options.json ? printJson(moved) : print(describe(moved)));
}

const notes = `
Everything moves: jobs in every state with their ids, times and executions,
and workflows. From the first moment on nobody can submit to the file or work
on it; all of it is copied in one transaction, read back and compared. The file
is kept, marked: whoever uses it is told the name of the new database.

If it is interrupted, run it again. Until all is there, --undo takes it back.

Exit codes: 1 workers run on the file, or the new database holds something
already; 124 the workers have not stopped in time.

Examples:
  $ gigq move --from jobs.db --to 'postgres://app@db/app?schema=jobs' --dry-run
  $ gigq move --from jobs.db --to postgres://app@db/app --wait-timeout 5m
`;

export function defineMove(program: Command): void {
  const command = program
    .command('move')
    .description('move all jobs of a file to PostgreSQL')
    .option('--from <path>', 'the file; default: the database', notEmpty)
    .requiredOption('--to <address>', 'postgres://…; ?schema= names the schema', notEmpty)
    .option('--wait', 'wait until the workers on the file have stopped')
    .addOption(new Option('--wait-timeout <duration>', 'wait so long').implies({ wait: true }))
    .option('--dry-run', 'only say what would be moved')
    .option('--undo', 'take back a move that was not completed');
  withNotes(withCommonOptions(command), notes).action(moveJobs);
}
