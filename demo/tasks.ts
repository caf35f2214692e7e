/** The tasks of the demo. The main process submits jobs of them by these definitions, the workers run them by these. */
import { join } from 'node:path';
import { JobQueue, type Settled, task } from 'gigq';
import { type Audit, auditFolder } from './audit.ts';
import { buildReport, type Outcome } from './report.ts';
import { writeReport } from './report-files.ts';

/** A package to audit. */
export interface Input {
  readonly root: string;
  readonly path: string;
}

export const auditPackage = task(
  'audit-package',
  {
    maxAttempts: 3,
    timeout: '2m',
    retry: { delay: '500ms', backoff: 'exponential' },
  },
  ({ root, path }: Input, { signal }) => auditFolder(join(root, path), signal),
);

/** What became of the audit of one package. */
interface Audited {
  readonly id: string;
  readonly path: string;
  readonly audit: Settled<Audit>;
}

interface ReportParams {
  /** Where the report goes. */
  readonly out: string;
  readonly database: string;
  readonly audits: readonly Audited[];
}

/** Puts together what the audits brought to light, those that failed included. */
export const report = task('report', async ({ out, database, audits }: ReportParams) => {
  await using queue = new JobQueue(database, { initialize: false });
  const outcomes = await Promise.all(audits.map((each) => outcomeOf(queue, each)));
  const built = buildReport(outcomes);
  writeReport(out, built);
  return { ...built.total, failed: built.failed.length };
});

async function outcomeOf(queue: JobQueue, { id, path, audit }: Audited): Promise<Outcome> {
  if (audit.status === 'completed') return { path, ...audit.result };
  const { message, cause } = audit.error;
  const texts = cause === undefined ? [message] : [message, cause.message];
  const job = await queue.getStatus(id);
  return { path, attempts: job?.attempts ?? 0, error: texts.join(': ') };
}
