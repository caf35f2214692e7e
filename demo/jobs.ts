/** The jobs of an audit, one a package: their submission, and what became of them. */
import { createHash } from 'node:crypto';
import { Job, JobCancelledError, JobFailedError, type JobHandle, type JobQueue } from 'gigq';
import { project } from './arguments.ts';
import type { Audit } from './audit.ts';
import { findPackages } from './find-packages.ts';
import type { Failed, Outcome } from './report.ts';
import { auditPackage } from './tasks.ts';

/** A package to audit. */
interface Input {
  readonly root: string;
  readonly path: string;
}

interface SubmittedJob {
  readonly path: string;
  readonly handle: JobHandle<unknown>;
}

/** Broken on purpose: it shows what becomes of a job that cannot succeed. */
const brokenPackage: Input = { root: project, path: 'demo/broken-package' };

/** Every package below the folder. */
export function inputsIn(root: string): Input[] {
  return findPackages(root).map((path) => ({ root, path }));
}

/** Stores a job for each package. Those of an interrupted audit are there already, and stay as they are. */
export async function submitJobs(
  queue: JobQueue,
  inputs: readonly Input[],
): Promise<SubmittedJob[]> {
  // The broken one comes first: the others are audited while it waits for its next attempt.
  const all = [brokenPackage, ...inputs.filter(({ path }) => path !== brokenPackage.path)];
  const handles = await queue.submitMany(
    all.map((params) => new Job({ task: auditPackage, id: jobId(params.path), params })),
  );
  return handles.map((handle, index) => ({ path: all[index]?.path ?? handle.id, handle }));
}

const longestId = 128;

/** The same in every run: submitting a job again does not double it. */
function jobId(path: string): string {
  const fits = path.length <= longestId && !/\p{Cc}/u.test(path);
  return fits ? path : createHash('sha256').update(path).digest('hex');
}

/** Waits for all jobs to end, well or badly; rejects if the signal aborts first. */
export async function outcomesOf(
  queue: JobQueue,
  jobs: readonly SubmittedJob[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  return Promise.all(
    jobs.map(async ({ path, handle }): Promise<Outcome> => {
      try {
        const audit = await handle.result({ signal });
        return { path, ...(audit as Audit) };
      } catch (error) {
        if (!hasEndedBadly(error)) throw error;
        return { path, ...(await failureOf(queue, handle.id)) };
      }
    }),
  );
}

function hasEndedBadly(error: unknown): boolean {
  return error instanceof JobFailedError || error instanceof JobCancelledError;
}

async function failureOf(queue: JobQueue, id: string): Promise<Omit<Failed, 'path'>> {
  const job = await queue.getStatus(id);
  const texts = [job?.error?.message ?? job?.status ?? 'gone', job?.error?.cause?.message];
  return {
    attempts: job?.attempts ?? 0,
    error: texts.filter((text) => text !== undefined).join(': '),
  };
}
