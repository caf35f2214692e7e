/** The jobs of an audit: one a package, and one that waits for all of them and writes the report. */
import { createHash } from 'node:crypto';
import { Job, type JobHandle, type JobQueue, Workflow } from 'gigq';
import { project } from './arguments.ts';
import { findPackages } from './find-packages.ts';
import { auditPackage, type Input, report } from './tasks.ts';

/** Broken on purpose: it shows what becomes of a job that cannot succeed. */
const brokenPackage: Input = { root: project, path: 'demo/broken-package' };

/** Every package below the folder. */
export function inputsIn(root: string): Input[] {
  return findPackages(root).map((path) => ({ root, path }));
}

/** An audit that is stored: its last job, and how many packages there are. */
export interface Submitted {
  readonly report: JobHandle<unknown>;
  readonly packages: number;
}

/** Stores the whole graph in one transaction; that of an interrupted audit is there already, and stays as it is. */
export async function submitAudit(
  queue: JobQueue,
  inputs: readonly Input[],
  places: { readonly out: string; readonly database: string },
): Promise<Submitted> {
  const [known] = await queue.listJobs({ task: report.taskName, limit: 1 });
  if (known !== undefined) {
    return { report: queue.get(known.id), packages: known.dependencies.length };
  }
  // The broken one comes first: the others are audited while it waits for its next attempt.
  const all = [brokenPackage, ...inputs.filter(({ path }) => path !== brokenPackage.path)];
  const workflow = new Workflow('Audit');
  const audits = all.map((params) => {
    const id = jobId(params.path);
    const node = workflow.addJob(new Job({ task: auditPackage, id, params }));
    return { id, path: params.path, audit: node.settled };
  });
  const last = workflow.addTask(report, { ...places, audits }, { onParentFailure: 'run' });
  await workflow.submitAll(queue);
  return { report: queue.get(last.id), packages: all.length };
}

const longestId = 128;

/** The path where it can be one: it is what a person would ask for. */
function jobId(path: string): string {
  const fits = path.length <= longestId && !/\p{Cc}/u.test(path);
  return fits ? path : createHash('sha256').update(path).digest('hex');
}
