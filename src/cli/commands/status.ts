import type { Command } from 'commander';
import type { Execution, JobDetails, JobInfo } from '../../index.ts';
import { escapeBlock, escapeLine } from '../escape.ts';
import { jobNotFound } from '../failure.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { print, printJson, toPrettyJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import {
  formatJobError,
  formatLines,
  formatTime,
  type Line,
  paintStatus,
  timeLine,
} from '../text.ts';

interface StatusOptions extends CommonOptions {
  readonly showParams?: boolean;
  readonly showResult?: boolean;
  readonly showExecutions?: boolean;
}

// More ids help nobody who reads them; --json has all.
const idsShown = 10;

function errorLines(error: JobInfo['error'], isVerbose: boolean | undefined): Line[] {
  if (error === null) return [];
  const stack = isVerbose && error.stack !== undefined ? `\n${escapeBlock(error.stack)}` : '';
  return [['Error', formatJobError(error) + stack]];
}

function workflowLines({ workflowId, dependencies }: JobInfo): Line[] {
  const lines: Line[] = workflowId === null ? [] : [['Workflow', workflowId]];
  if (dependencies.length === 0) return lines;
  const ids = escapeLine(dependencies.slice(0, idsShown).join(', '));
  const rest = dependencies.length - idsShown;
  return [...lines, ['Depends on', rest > 0 ? `${ids}, and ${rest} more` : ids]];
}

function crashLines({ crashes, expiredLeases, suspect }: JobInfo): Line[] {
  const lines: Line[] = [];
  if (crashes > 0) lines.push(['Crashes', String(crashes)]);
  if (expiredLeases > 0) lines.push(['Expired leases', String(expiredLeases)]);
  if (suspect) lines.push(['Suspect', 'yes, it may have ended a process']);
  return lines;
}

function record(job: JobDetails, { verbose }: StatusOptions): Line[] {
  return [
    ['Job', `${escapeLine(job.name)} (${job.id})`],
    ['Status', paintStatus(job.status)],
    ['Created', formatTime(job.createdAt)],
    ['Updated', formatTime(job.updatedAt)],
    ...timeLine('Started', job.startedAt),
    ...timeLine('Completed', job.completedAt),
    ['Attempts', `${job.attempts} / ${job.maxAttempts}`],
    ...crashLines(job),
    ...(job.workerId === null ? [] : ([['Worker', escapeLine(job.workerId)]] as const)),
    ...errorLines(job.error, verbose),
    ...workflowLines(job),
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
  return formatLines(lines);
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
