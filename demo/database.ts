/** The database of an audit: taken up again where it was left, or begun afresh. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { JobQueue } from 'gigq';
import { finished } from './progress.ts';
import { removeReport, reportNames } from './report-files.ts';

export interface AuditDatabase {
  readonly path: string;
  readonly queue: JobQueue;
  /** What was found, in a sentence. */
  readonly found: string;
}

export async function openDatabase(out: string): Promise<AuditDatabase> {
  mkdirSync(out, { recursive: true });
  const path = join(out, 'audit.db');
  // The report is written last: where there is one, that audit was complete.
  const isComplete = reportNames.every((name) => existsSync(join(out, name)));
  if (isComplete) removeDatabase(path);
  removeReport(out);
  const queue = new JobQueue(path);
  if (isComplete)
    return { path, queue, found: 'The last audit was complete; this one starts afresh.' };
  const stats = await queue.stats();
  return { path, queue, found: stats.total === 0 ? '' : goingOn(finished(stats), stats.total) };
}

function goingOn(done: number, total: number): string {
  return `Going on with an audit that was interrupted: ${done} of ${total} packages were done.`;
}

// All of its files, and only where nobody has it open any more.
function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-wake']) rmSync(path + suffix, { force: true });
}
