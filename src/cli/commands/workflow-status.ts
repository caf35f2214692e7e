import type { Command } from 'commander';
import type { JobFilter, JobInfo, JobQueue, JobStatus, WorkflowInfo } from '../../index.ts';
import { escapeLine } from '../escape.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { colorsOf, print, printJson } from '../output.ts';
import { pages, withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';
import { type Column, renderTable } from '../table.ts';
import {
  formatJobError,
  formatLines,
  formatTime,
  paintStatus,
  statuses,
  timeLine,
} from '../text.ts';

/** Jobs of a kind, and parents of a job, that are shown at most. */
const shownMax = 10;

type Parent = Pick<JobInfo, 'id' | 'name' | 'status'>;

interface Waiting extends Pick<JobInfo, 'id' | 'name'> {
  readonly waitsFor: readonly Parent[];
}

interface Overview {
  readonly info: WorkflowInfo;
  readonly failed: readonly JobInfo[];
  readonly waiting: readonly Waiting[];
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────

interface Found {
  readonly failed: readonly JobInfo[];
  readonly blocked: readonly JobInfo[];
  readonly known: Map<string, Parent | undefined>;
}

/** Of the jobs that have not completed, those that were submitted first, for there the trouble begins. */
async function findUncompleted(queue: JobQueue, { id, jobs }: WorkflowInfo): Promise<Found> {
  const status = statuses.filter((each) => each !== 'completed');
  const known = new Map<string, Parent>();
  let failed: readonly JobInfo[] = [];
  let blocked: readonly JobInfo[] = [];
  const read = (page: JobFilter): Promise<readonly JobInfo[]> =>
    queue.listJobs({ workflowId: id, status, ...page });
  for await (const page of pages(read, { limit: jobs.total - jobs.completed })) {
    for (const job of page) known.set(job.id, parentOf(job));
    failed = [...failed, ...page.filter(hasFailed)].slice(-shownMax);
    blocked = [...blocked, ...page.filter(isBlocked)].slice(-shownMax);
  }
  return { failed: failed.toReversed(), blocked: blocked.toReversed(), known };
}

function parentOf({ id, name, status }: JobInfo): Parent {
  return { id, name, status };
}

function hasFailed({ status }: JobInfo): boolean {
  return status === 'failed' || status === 'timeout';
}

function isBlocked({ status }: JobInfo): boolean {
  return status === 'blocked';
}

type Look = (id: string) => Promise<Parent | undefined>;

/** Most parents that are not known have completed; a job may have 50,000 of them. */
const looksMax = 1000;

/** Looks at each job once, however many wait for it. */
function lookIn(queue: JobQueue, known: Found['known']): Look {
  let looks = 0;
  return async (id) => {
    if (known.has(id) || looks === looksMax) return known.get(id);
    looks += 1;
    const job = await queue.getStatus(id);
    known.set(id, job && parentOf(job));
    return known.get(id);
  };
}

const unended: ReadonlySet<JobStatus> = new Set(['blocked', 'scheduled', 'pending', 'running']);

/** The first parents that have not ended. If all have, the job waits for those that ended badly to be requeued. */
async function holdersOf({ dependencies }: JobInfo, look: Look): Promise<readonly Parent[]> {
  const holders: Parent[] = [];
  const bad: Parent[] = [];
  for (const id of dependencies) {
    const parent = await look(id);
    if (parent === undefined || parent.status === 'completed') continue;
    (unended.has(parent.status) ? holders : bad).push(parent);
    if (holders.length === shownMax) break;
  }
  return holders.length > 0 ? holders : bad.slice(0, shownMax);
}

async function overviewOf(queue: JobQueue, id: string): Promise<Overview> {
  const info = await queue.getWorkflow(id).status();
  const { failed, blocked, known } = await findUncompleted(queue, info);
  const look = lookIn(queue, known);
  const waiting: Waiting[] = [];
  for (const job of blocked) {
    waiting.push({ id: job.id, name: job.name, waitsFor: await holdersOf(job, look) });
  }
  return { info, failed, waiting };
}

// ── showing ─────────────────────────────────────────────────────────────────────────────────────

function describe({ id, name, status, createdAt, completedAt, jobs }: WorkflowInfo): string {
  return formatLines([
    ['Workflow', `${escapeLine(name)} (${id})`],
    ['Status', paintStatus(status)],
    ['Created', formatTime(createdAt)],
    ...timeLine('Completed', completedAt),
    ['Jobs', `${jobs.completed} / ${jobs.total}`],
  ]);
}

function renderCounts({ jobs }: WorkflowInfo): readonly string[] {
  const found = statuses.filter((status) => jobs[status] > 0);
  if (found.length === 0) return [];
  const columns: readonly Column<JobStatus>[] = [
    { title: 'Status', text: (status) => status, paint: (_, status) => paintStatus(status) },
    { title: 'Count', text: (status) => String(jobs[status]), align: 'right' },
  ];
  return [renderTable(columns, found)];
}

interface Section<Row> {
  readonly title: string;
  readonly rows: readonly Row[];
  /** How many there are, shown or not. */
  readonly count: number;
  readonly last: Column<Row>;
}

function renderSection<Row extends Parent | Waiting>(section: Section<Row>): readonly string[] {
  const { title, rows, count, last } = section;
  if (rows.length === 0) return [];
  const columns: readonly Column<Row>[] = [
    { title: 'ID', text: ({ id }) => id },
    { title: 'Name', text: ({ name }) => name, isFlexible: true },
    { ...last, isFlexible: true },
  ];
  const { bold } = colorsOf(process.stdout);
  const more = count > rows.length ? [`and ${count - rows.length} more`] : [];
  return [[bold(`${title}:`), renderTable(columns, rows), ...more].join('\n')];
}

function render({ info, failed, waiting }: Overview): string {
  const failures: Section<JobInfo> = {
    title: 'Failed',
    rows: failed,
    count: info.jobs.failed + info.jobs.timeout,
    last: { title: 'Error', text: ({ error }) => (error === null ? '-' : formatJobError(error)) },
  };
  const waits: Section<Waiting> = {
    title: 'Waiting',
    rows: waiting,
    count: info.jobs.blocked,
    last: {
      title: 'Waits for',
      text: ({ waitsFor }) => waitsFor.map(({ name, status }) => `${name} (${status})`).join(', '),
    },
  };
  return [
    describe(info),
    ...renderCounts(info),
    ...renderSection(failures),
    ...renderSection(waits),
  ].join('\n\n');
}

function toData({ info, failed, waiting }: Overview): object {
  const ids = waiting.map((job) => ({ ...job, waitsFor: job.waitsFor.map(({ id }) => id) }));
  return { ...info, failed, waiting: ids };
}

async function showStatus(id: string, options: CommonOptions): Promise<void> {
  const overview = await withExistingQueue(options, (queue) => overviewOf(queue, id));
  await (options.json ? printJson(toData(overview)) : print(render(overview)));
}

const notes = `
Jobs: how many have completed, of how many. Of what failed and of what waits,
the first ${shownMax} are shown, and of each the first ${shownMax} that it waits for; for all use
\`gigq list --workflow <id>\` with --status, for one job \`gigq why <id>\`.
`;

export function defineStatus(group: Command): void {
  const command = group
    .command('status')
    .description('show one workflow: what failed, what waits for what')
    .argument('<id>', 'the id of the workflow');
  withNotes(withCommonOptions(command), notes).action(showStatus);
}
