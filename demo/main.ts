/**
 * The demo: `npm run demo [-- <folder>]` audits every package installed in a folder. This process submits a job for
 * each, two worker processes run them, and the three share nothing but one database file.
 */
import { join } from 'node:path';
import { styleText } from 'node:util';
import { GigqError, type JobQueue, type Service, supervise } from 'gigq';
import { readArguments, type Settings, shown, usage, UsageError } from './arguments.ts';
import { causeChaos } from './chaos.ts';
import { openDatabase } from './database.ts';
import { inputsIn, submitAudit, type Submitted } from './jobs.ts';
import { printReport } from './print-report.ts';
import { audited, showProgress } from './progress.ts';
import { readReport } from './report-files.ts';
import { abortOnSignal, endBy, Interrupted } from './signals.ts';

const processes = 2;
const tasks = [join(import.meta.dirname, 'tasks.ts')];

async function audit({ root, out, command, isChaotic }: Settings): Promise<void> {
  const start = performance.now();
  const interruption = abortOnSignal();
  const inputs = inputsIn(root);
  if (inputs.length === 0) throw new UsageError(`There is no package in ${shown(root)}`);
  const { path, queue, found } = await openDatabase(out);
  if (found !== '') say(found);
  const submitted = await submitAudit(queue, inputs, { out, database: path });
  say(
    `Auditing ${submitted.packages} packages in ${shown(root)} with ${processes} worker processes …`,
  );
  try {
    const service = supervise(path, {
      processes,
      tasks,
      concurrency: 4,
      workerId: 'auditor',
      shutdownTimeout: '5s',
      handleSignals: false,
    });
    const end = new AbortController();
    const stopped = AbortSignal.any([interruption, end.signal]);
    const chaos = isChaotic ? causeChaos(service, say, stopped) : Promise.resolve();
    try {
      await Promise.all([
        run(service, queue, submitted, stopped).finally(() => end.abort()),
        chaos,
      ]);
    } finally {
      end.abort();
      await service.stop();
    }
    say(`Done in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    printReport(readReport(out), { out, database: path });
  } catch (error) {
    if (error instanceof Interrupted) await sayHowToGoOn(queue, command);
    throw error;
  } finally {
    await queue.close();
  }
}

/** Resolves when the service has run the last of the jobs; rejects if it gives up. */
async function run(
  service: Service,
  queue: JobQueue,
  { report }: Submitted,
  stopped: AbortSignal,
): Promise<void> {
  const end = new AbortController();
  const display = showProgress(queue, AbortSignal.any([stopped, end.signal]));
  const done = Promise.race([report.result({ signal: stopped }), service.done]);
  await Promise.all([done.finally(() => end.abort()), display]);
}

async function sayHowToGoOn(queue: JobQueue, command: string): Promise<void> {
  const { done, packages } = audited(await queue.stats());
  say(`Stopped: ${done} of ${packages} packages are done, nothing is lost.`);
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
