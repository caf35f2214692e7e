import type { Command } from 'commander';
import type { Execution, JobDetails, JobInfo } from '../../index.ts';
import { escapeBlock, escapeLine } from '../escape.ts';
import { jobNotFound } from '../failure.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { colorsOf, print, printJson, toPrettyJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { formatJobError, formatTime, paintStatus } from '../text.ts';

interface StatusOptions extends CommonOptions {
  readonly showParams?: boolean;
  readonly showResult?: boolean;
  readonly showExecutions?: boolean;
}

type Line = readonly [label: string, value: string];

function line([label, value]: Line): string {
  return `${colorsOf(process.stdout).bold(`${label}:`)} ${value}`;
}

function time(label: string, date: Date | null): Line[] {
  return date === null ? [] : [[label, formatTime(date)]];
}

function errorLines(error: JobInfo['error'], isVerbose: boolean | undefined): Line[] {
  if (error === null) return [];
  const stack = isVerbose && error.stack !== undefined ? `\n${escapeBlock(error.stack)}` : '';
  return [['Error', formatJobError(error) + stack]];
}

function record(job: JobDetails, { verbose }: StatusOptions): Line[] {
  return [
    ['Job', `${escapeLine(job.name)} (${job.id})`],
    ['Status', paintStatus(job.status)],
    ['Created', formatTime(job.createdAt)],
    ['Updated', formatTime(job.updatedAt)],
    ...time('Started', job.startedAt),
    ...time('Completed', job.completedAt),
    ['Attempts', `${job.attempts} / ${job.maxAttempts}`],
    ...(job.workerId === null ? [] : ([['Worker', escapeLine(job.workerId)]] as const)),
    ...errorLines(job.error, verbose),
  ];
}

// A completed job has a result whatever its value: 0, false, "" and null are shown.
function result(job: JobDetails): string {
  return job.status === 'completed' ? toPrettyJson(job.result) : '- (not completed)';
}

function execution({
  number,
  attempt,
  status,
  workerId,
  startedAt,
  completedAt,
  error,
}: Execution): string {
  const times = `${formatTime(startedAt)} to ${formatTime(completedAt)}`;
  const what = `  #${number} attempt ${attempt}: ${status}, ${escapeLine(workerId)}, ${times}`;
  return error === null ? what : `${what}\n     Error: ${formatJobError(error)}`;
}

function executions(job: JobDetails): string {
  const { executions: shown, executionCount } = job;
  if (executionCount === 0) return 'none';
  const count =
    shown.length < executionCount
      ? `the last ${shown.length} of ${executionCount}`
      : executionCount;
  return [String(count), ...shown.map(execution)].join('\n');
}

function describe(job: JobDetails, options: StatusOptions): string {
  const lines: Line[] = record(job, options);
  if (options.showParams) lines.push(['Params', toPrettyJson(job.params)]);
  if (options.showResult) lines.push(['Result', result(job)]);
  if (options.showExecutions) lines.push(['Executions', executions(job)]);
  return lines.map(line).join('\n');
}

async function showStatus(id: string, options: StatusOptions): Promise<void> {
  const job = await withExistingQueue(options, (queue) => queue.getStatus(id));
  if (job === undefined) throw jobNotFound(id);
  await (options.json ? printJson(job) : print(describe(job, options)));
}

const notes = '--json prints the whole record, whatever is shown.';

export function defineStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show one job')
    .argument('<id>', 'the id of the job')
    .option('--show-params', 'what it was submitted with')
    .option('--show-result', 'what its handler returned')
    .option('--show-executions', 'every run of it, with its error');
  withNotes(withCommonOptions(command), notes).action(showStatus);
}
