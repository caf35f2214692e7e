/** Workflows: jobs that wait for each other, put together in the program and stored as a whole. */
import { GigqError } from '../core/errors.ts';
import type { Reference } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import { pathOf } from '../core/path.ts';
import { checkCount, enqueueWorkflow } from './enqueue.ts';
import { type JobOptions, jobChecks, type References } from './job-options.ts';
import { connectionOf, type JobQueue } from './job-queue.ts';
import { draftOfJob, Job, wiredRecordOf } from './job.ts';
import { toMermaid } from './mermaid.ts';
import { newId } from './new-id.ts';
import { type Check, checkOptions, type Checks, line, listOf, refusal } from './options.ts';
import { type AnyTask, isTask } from './registry.ts';
import {
  type FoundRef,
  Ref,
  type ResultRef,
  type Settled,
  takeRefs,
  type WithRefs,
} from './result-ref.ts';
import type { Task } from './task.ts';
import { type SubmitOptions, submitChecks } from './transaction.ts';
import { StoredWorkflow, type WorkflowHandle } from './workflow-handle.ts';
import type { AnyNode, WorkflowNode } from './workflow-node.ts';

/**
 * The options of one job of a workflow.
 *
 * @example
 * const options: NodeOptions = { dependsOn: [fetched], onParentFailure: 'run' };
 */
export interface NodeOptions extends Omit<JobOptions, 'dependencies'> {
  /** What it waits for beside what its params refer to. */
  dependsOn?: readonly AnyNode[];
}

class Node implements WorkflowNode<unknown> {
  readonly id: string;
  readonly name: string;
  readonly workflow: Workflow;

  constructor(workflow: Workflow, { id, name }: Job) {
    this.workflow = workflow;
    this.id = id;
    this.name = name;
  }

  get result(): ResultRef<unknown> {
    return new Ref(this, 'result') as unknown as ResultRef<unknown>;
  }

  get settled(): ResultRef<Settled<unknown>> {
    return new Ref(this, 'settled') as unknown as ResultRef<Settled<unknown>>;
  }
}

/** A job, and what it waits for beside its own dependencies and the references in its params. */
interface Part {
  readonly job: Job;
  readonly node: Node;
  readonly dependsOn: Set<Node>;
}

const nodeCheck: Check = (value, name) => {
  if (!(value instanceof Node)) throw refusal(name, 'what addTask() or addJob() returned', value);
};

const { dependencies: _, ...optionChecks } = jobChecks;
const nodeChecks: Checks<NodeOptions> = { ...optionChecks, dependsOn: listOf(nodeCheck) };
const addJobChecks: Checks<Pick<NodeOptions, 'dependsOn'>> = { dependsOn: nodeChecks.dependsOn };
const nameCheck = line(limits.jobNameLength);

/**
 * A graph of jobs. A job runs once all that it waits for has completed; what it takes from others is put into its params.
 *
 * @example
 * const workflow = new Workflow('Nightly report');
 * const pages = urls.map((url) => workflow.addTask(fetchPage, { url }));
 * workflow.addTask(report, { pages: pages.map((page) => page.result) });
 * const handle = await workflow.submitAll(queue);
 */
export class Workflow {
  readonly name: string;
  readonly #id = newId();
  readonly #parts = new Map<string, Part>();

  /** @throws {GigqError} `invalid_option` if the name is not a text of 1 to 256 characters on one line */
  constructor(name: string) {
    nameCheck(name, 'Workflow: name');
    this.name = name;
  }

  /** In the order in which they were added. */
  get jobs(): readonly Job[] {
    return [...this.#parts.values()].map(({ job }) => job);
  }

  /**
   * Adds a job of a task. References in its params make it wait for the jobs that they stand for.
   *
   * @throws {GigqError} `invalid_option`, also for a `.result` in the params of a job with `onParentFailure: 'run'`
   * @example
   * const fetched = workflow.addTask(fetchPage, { url: 'https://example.com' }, { timeout: '10s' });
   * workflow.addTask(index, { text: fetched.result });
   */
  addTask<In, R>(
    task: Task<In, any, R>,
    ...args: {} extends In
      ? [params?: WithRefs<NoInfer<In>>, options?: NodeOptions]
      : [params: WithRefs<NoInfer<In>>, options?: NodeOptions]
  ): WorkflowNode<R>;
  addTask(task: AnyTask, params: unknown = {}, options: NodeOptions = {}): WorkflowNode<unknown> {
    if (!isTask(task)) throw refusal('addTask()', 'a task', task);
    checkOptions(nodeChecks, options, `addTask('${task.taskName}')`);
    const { dependsOn, ...jobOptions } = options;
    return this.#add(new Job({ ...jobOptions, task, params }), dependsOn);
  }

  /**
   * Adds a job; the same Job again is the same node, and waits for what either call said.
   *
   * @throws {GigqError} `invalid_option`, also for another Job with the same id
   * @example
   * const node = workflow.addJob(new Job({ task: 'archive' }), { dependsOn: [fetched] });
   */
  addJob<R>(job: Job<R>, options: { dependsOn?: readonly AnyNode[] } = {}): WorkflowNode<R> {
    checkOptions(addJobChecks, options, 'addJob()');
    return this.#add(job, options.dependsOn) as WorkflowNode<R>;
  }

  /**
   * Stores the whole graph, of at most 50,000 jobs, in one transaction, or nothing. The same workflow again changes
   * nothing; with jobs that were added since, it grows by those.
   *
   * @throws {GigqError} `workflow_cycle`, naming the way round; `parent_missing` for a dependency that is not stored;
   * `invalid_option` for a node of another workflow; `too_large`; what `submit` throws
   * @example
   * const handle = await workflow.submitAll(queue);
   * console.log(await handle.status());
   */
  async submitAll(queue: JobQueue, options: SubmitOptions = {}): Promise<WorkflowHandle> {
    const connection = connectionOf(queue);
    checkOptions(submitChecks, options, 'submitAll()');
    checkCount(this.#parts.size, 'submitAll()');
    const jobs = [...this.#parts.values()].map((part) => this.#recordOf(part));
    const workflow = { id: this.#id, name: this.name };
    await enqueueWorkflow(connection, { workflow, jobs }, options);
    return new StoredWorkflow(this.#id, connection, [...this.#parts.keys()]);
  }

  /**
   * The graph as a Mermaid flowchart, ready to be rendered. Dotted arrows lead to jobs that run whatever happened.
   *
   * @example
   * console.log(workflow.toMermaid());
   */
  toMermaid(): string {
    const parts = [...this.#parts.values()];
    return toMermaid(
      parts.map((part) => ({
        id: part.job.id,
        name: part.job.name,
        parents: this.#wire(part).parents,
        runsAnyway: draftOfJob(part.job, 'toMermaid()').onParentFailure === 'run',
      })),
    );
  }

  #add(job: Job, dependsOn: NodeOptions['dependsOn'] = []): Node {
    const { onParentFailure } = draftOfJob(job, 'addJob()');
    const known = this.#parts.get(job.id);
    if (known !== undefined && known.job !== job) throw anotherJob(job);
    if (onParentFailure === 'run') refuseResults(job, takeRefs(job.params).refs);
    const part = known ?? { job, node: new Node(this, job), dependsOn: new Set() };
    for (const node of dependsOn) part.dependsOn.add(node as Node);
    this.#parts.set(job.id, part);
    return part.node;
  }

  #recordOf(part: Part): ReturnType<typeof wiredRecordOf> {
    const { params, references, parents } = this.#wire(part);
    const wiring = { params, references, dependencies: parents };
    return wiredRecordOf(part.job, wiring, `'${part.job.name}': params`);
  }

  /** @throws {GigqError} `invalid_option` for a node of another workflow */
  #wire({ job, dependsOn }: Part): Wired {
    const { params, refs } = takeRefs(job.params);
    const { dependencies: own, onParentFailure } = draftOfJob(job, 'addJob()');
    // Again, for the params may have been changed since the job was added.
    if (onParentFailure === 'run') refuseResults(job, refs);
    refuseLong(job, refs);
    for (const node of dependsOn) this.#refuseForeign(node, job, 'dependsOn');
    const references = new Map<string, Reference[]>();
    for (const { path, ref } of refs) {
      this.#refuseForeign(ref.target as Node, job, `params${pathOf(path)}`);
      const reference = { path, kind: ref.kind };
      const list = references.get(ref.target.id);
      if (list === undefined) references.set(ref.target.id, [reference]);
      else list.push(reference);
    }
    const nodes = [...dependsOn].map(({ id }) => id);
    return { params, references, parents: [...new Set([...own, ...nodes, ...references.keys()])] };
  }

  #refuseForeign(node: Node, job: Job, place: string): void {
    if (node.workflow === this) return;
    throw new GigqError(
      'invalid_option',
      `'${job.name}': ${place} is '${node.name}', which belongs to the workflow '${node.workflow.name}'`,
      {
        hint: 'Add the job to this workflow, or name a stored one by its id in the `dependencies` of a Job.',
      },
    );
  }
}

interface Wired {
  readonly params: unknown;
  readonly references: References;
  readonly parents: readonly string[];
}

function anotherJob({ id }: Job): GigqError {
  return new GigqError('invalid_option', `addJob(): another job has the id ${id}`);
}

/** Where references go is stored beside the params; with long keys that can be far more than the params themselves. */
function refuseLong({ name }: Job, refs: readonly FoundRef[]): void {
  let length = 0;
  for (const { path } of refs) for (const step of path) length += String(step).length;
  if (length <= limits.resolvedParamsBytes) return;
  throw new GigqError('too_large', `'${name}': the places of its references are over 16 MiB`, {
    hint: 'Use shorter keys, or put the references into a list.',
  });
}

function refuseResults({ name }: Job, refs: readonly FoundRef[]): void {
  const found = refs.find(({ ref }) => ref.kind === 'result');
  if (found === undefined) return;
  const { path, ref } = found;
  throw new GigqError(
    'invalid_option',
    `'${name}': params${pathOf(path)} is the result of '${ref.target.name}', which there may not be: with onParentFailure 'run' it may have failed`,
    { hint: 'Refer to .settled instead, which tells how it ended.' },
  );
}
