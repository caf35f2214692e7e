/** The database of an audit: taken up again where it was left, or begun afresh. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { JobQueue } from 'gigq';
import { audited } from './progress.ts';
import { removeReport, reportNames } from './report-files.ts';
import { report } from './tasks.ts';

export interface AuditDatabase {
  readonly path: string;
  readonly queue: JobQueue;
  /** What was found, in a sentence. */
  readonly found: string;
}

export async function openDatabase(out: string): Promise<AuditDatabase> {
  mkdirSync(out, { recursive: true });
  const path = join(out, 'audit.db');
  const isComplete = await wasCompleted(path, out);
  if (isComplete) removeDatabase(path);
  removeReport(out);
  const queue = new JobQueue(path);
  if (isComplete)
    return { path, queue, found: 'The last audit was complete; this one starts afresh.' };
  const { done, packages } = audited(await queue.stats());
  return { path, queue, found: packages === 0 ? '' : goingOn(done, packages) };
}

/** Whether there is nothing left to do: the report is written last. */
async function wasCompleted(path: string, out: string): Promise<boolean> {
  if (reportNames.every((name) => existsSync(join(out, name)))) return true;
  if (!existsSync(path)) return false;
  await using queue = new JobQueue(path);
  const [last] = await queue.listJobs({ task: report.taskName, limit: 1 });
  return last?.status === 'completed';
}

function goingOn(done: number, packages: number): string {
  return `Going on with an audit that was interrupted: ${done} of ${packages} packages were done.`;
}

// All of its files, and only where nobody has it open any more.
function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-wake', '-turn'])
    rmSync(path + suffix, { force: true });
}
