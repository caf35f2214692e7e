/**
 * The demo: `npm run demo [-- <folder>]` audits every package installed in a folder. This process submits a job for
 * each, two worker processes run them, and the three share nothing but one database file.
 */
import { styleText } from 'node:util';
import { GigqError, type JobQueue } from 'gigq';
import { readArguments, type Settings, shown, usage, UsageError } from './arguments.ts';
import { openDatabase } from './database.ts';
import { inputsIn, outcomesOf, submitJobs } from './jobs.ts';
import { printReport } from './print-report.ts';
import { finished, showProgress } from './progress.ts';
import { writeReport } from './report-files.ts';
import { buildReport, type Outcome } from './report.ts';
import { abortOnSignal, endBy, Interrupted } from './signals.ts';
import { WorkerProcesses } from './worker-processes.ts';

type Job = Awaited<ReturnType<typeof submitJobs>>[number];

const processes = 2;

async function audit({ root, out, command }: Settings): Promise<void> {
  const start = performance.now();
  const interruption = abortOnSignal();
  const inputs = inputsIn(root);
  if (inputs.length === 0) throw new UsageError(`There is no package in ${shown(root)}`);
  const { path, queue, found } = await openDatabase(out);
  if (found !== '') say(found);
  const jobs = await submitJobs(queue, inputs);
  say(`Auditing ${jobs.length} packages in ${shown(root)} with ${processes} worker processes …`);
  try {
    const report = buildReport(await run(queue, path, jobs, interruption));
    writeReport(out, report);
    say(`Done in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    printReport(report, { out, database: path });
  } catch (error) {
    if (error instanceof Interrupted) await sayHowToGoOn(queue, command);
    throw error;
  } finally {
    await queue.close();
  }
}

/** Lets worker processes run the jobs until all have ended. */
async function run(
  queue: JobQueue,
  database: string,
  jobs: readonly Job[],
  interruption: AbortSignal,
): Promise<Outcome[]> {
  const workers = new WorkerProcesses(database, processes);
  const end = new AbortController();
  const stopped = AbortSignal.any([interruption, end.signal]);
  try {
    const all = Promise.race([outcomesOf(queue, jobs, stopped), workers.failure()]);
    const [outcomes] = await Promise.all([
      all.finally(() => end.abort()),
      showProgress(queue, stopped),
    ]);
    return outcomes;
  } finally {
    end.abort();
    await workers.stop(interruption.aborted ? 'SIGINT' : 'SIGTERM');
  }
}

async function sayHowToGoOn(queue: JobQueue, command: string): Promise<void> {
  const stats = await queue.stats();
  say(`Stopped: ${finished(stats)} of ${stats.total} packages are done, nothing is lost.`);
  say(`To go on: ${styleText('bold', command, { stream: process.stderr })}`);
}

function say(text: string): void {
  console.error(text);
}

function complain(error: unknown): void {
  if (error instanceof UsageError) say(error.message);
  else if (error instanceof GigqError) say(`${error.message}\n${error.hint}`);
  else console.error(error);
}

try {
  const settings = readArguments(process.argv.slice(2));
  if (settings === undefined) console.log(usage);
  else await audit(settings);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof Interrupted) endBy(error.signal);
  else complain(error);
}
