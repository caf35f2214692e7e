/** Storing jobs that were made ready. */
import { GigqError } from '../core/errors.ts';
import type { NewJob, NewWorkflow } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import type { Lender } from '../store/open.ts';
import type { SubmitOptions } from './transaction.ts';
import { label } from '../core/reason.ts';
import { findCycle } from '../core/workflow.ts';
import type { Connection } from './connection.ts';
import { refusal } from './options.ts';
import { isThenable } from './schema.ts';

/** A job that is ready to be stored, or will be once its schema has answered. */
export type Ready = NewJob | Promise<NewJob>;

/**
 * Stores all or none; reaches the store before it returns unless it has to wait for a schema. Makes no promise of its
 * own: who submits many jobs has to wait for as few as can be. What it refuses it throws at once or rejects with.
 * @throws {GigqError} what a schema refuses, `workflow_cycle`, and what the store does
 */
export function enqueue(
  connection: Connection,
  jobs: readonly Ready[],
  { tx }: SubmitOptions = {},
): Promise<unknown> {
  if (jobs.length === 0) return connection.hold(() => Promise.resolve());
  return whenReady(connection, jobs, tx, (storing, ready) => storing.call('enqueue', ready));
}

/** The same for the jobs of a workflow. */
export function enqueueWorkflow(
  connection: Connection,
  graph: { readonly workflow: NewWorkflow; readonly jobs: readonly Ready[] },
  { tx }: SubmitOptions = {},
): Promise<unknown> {
  const { workflow, jobs } = graph;
  return whenReady(connection, jobs, tx, (storing, ready) =>
    storing.call('enqueueWorkflow', { workflow, jobs: ready }),
  );
}

type Store = (storing: Lender, jobs: readonly NewJob[]) => Promise<unknown>;

function whenReady(
  connection: Connection,
  jobs: readonly Ready[],
  tx: SubmitOptions['tx'],
  store: Store,
): Promise<unknown> {
  if (!jobs.some(isThenable))
    return store(connection.within(tx), inOrder(jobs as readonly NewJob[]));
  // Closing waits for them, and so must not keep them from the store.
  return connection.hold(async (held) => {
    const ready = await allReady(jobs);
    return store(tx === undefined ? held : connection.within(tx), ready);
  });
}

async function allReady(jobs: readonly Ready[]): Promise<readonly NewJob[]> {
  return inOrder(await Promise.all(jobs.map((job) => Promise.resolve(job))));
}

/**
 * The jobs, if those that wait for each other can be run in some order.
 * @throws {GigqError} `workflow_cycle`, with the way round
 */
function inOrder(jobs: readonly NewJob[]): readonly NewJob[] {
  const cycle = jobs.some(({ parents }) => parents !== null)
    ? findCycle(jobs.map(({ id, parents }) => ({ id, parents: idsOf(parents) })))
    : undefined;
  if (cycle === undefined) return jobs;
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const way = cycle.map((id) => label(byId.get(id) ?? { id, name: id })).join(' → ');
  const what = cycle.length === 2 ? 'A job waits for itself' : 'Jobs wait for each other';
  throw new GigqError('workflow_cycle', `${what}: ${way}`);
}

function idsOf(parents: NewJob['parents']): readonly string[] {
  return parents?.list.map(({ id }) => id) ?? [];
}

/**
 * Checks a batch before anything is done with what is in it.
 * @throws {GigqError} `invalid_option`, `too_large`
 */
export function checkBatch(items: unknown, name: string): void {
  if (!Array.isArray(items)) throw refusal(name, 'an array', items);
  checkCount(items.length, name);
}

/** @throws {GigqError} `too_large` */
export function checkCount(count: number, name: string): void {
  if (count <= limits.jobsPerUnit) return;
  throw new GigqError(
    'too_large',
    `${name}: ${count} jobs are too many to store at once; at most ${limits.jobsPerUnit} can be`,
    { hint: 'Submit them in several calls; each is stored as a whole or not at all.' },
  );
}
