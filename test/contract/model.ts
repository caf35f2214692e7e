// What a store does, without a store: plain data and plain loops. Model-based runs compare every store with it.
import type { CrashRecord, NewJob, NewWorkflow, Settlement } from '../../dist/core/job.js';
import { allows, isFinal, type JobStatus } from '../../dist/core/state.js';
import type { WorkflowStatus } from '../../dist/core/workflow.js';
import type { Input, Settled } from '../../dist/store/store.js';
import type { Life, ModelJob, ModelWorkflow, Run } from './model-job.ts';
import {
  endedBadly,
  isHeldUp,
  needsItsParents,
  parentIds,
  refusalOf,
  thoseAgainst,
} from './model-parents.ts';

type Stored = 'stored' | 'duplicate';

export class Model {
  now: number;
  /** In the order of insertion. */
  jobs: ModelJob[] = [];
  readonly workflows = new Map<string, ModelWorkflow>();
  readonly runs: Run[] = [];
  readonly lives = new Map<string, Life[]>();

  constructor(now: number) {
    this.now = now;
  }

  find(id: string): ModelJob | undefined {
    return this.jobs.find(({ given }) => given.id === id);
  }

  // ── submitting ────────────────────────────────────────────────────────────────────────────────

  /** What becomes of each job, or why none of them is stored. */
  enqueue(
    jobs: readonly NewJob[],
    workflow: NewWorkflow | null = null,
  ): readonly Stored[] | 'parent_missing' | 'invalid_option' {
    const refusal = refusalOf(jobs, (id) => this.find(id));
    if (refusal !== null) return refusal;
    if (workflow !== null && !this.workflows.has(workflow.id)) this.#begin(workflow);
    const stored = this.jobs.length;
    const replies = jobs.map((job) => this.#store(job, workflow?.id ?? null));
    // Only now are all of them there: a parent may come after its dependents.
    for (const job of this.jobs.slice(stored)) {
      job.parents = parentIds(job.given).flatMap((id) => this.find(id) ?? []);
    }
    this.#follow();
    return replies;
  }

  #begin(workflow: NewWorkflow): void {
    const { now } = this;
    const fresh = { status: 'completed', createdAt: now, completedAt: now, counts: '' } as const;
    this.workflows.set(workflow.id, { ...workflow, ...fresh });
  }

  #store(given: NewJob, workflow: string | null): Stored {
    if (this.find(given.id) !== undefined) return 'duplicate';
    const runAt = this.#instantOf(given.due);
    const status = this.#readyStatus(runAt);
    const fresh = { attempts: 0, number: 0, endedAt: null, life: null, executions: [] };
    const free = { parents: [], error: null, isTakenDown: false, record: clean };
    this.jobs.push({ given, workflow, status, runAt, ...fresh, ...free });
    return 'stored';
  }

  #instantOf(due: NewJob['due']): number | null {
    if (due === null) return null;
    return 'atMs' in due ? due.atMs : this.now + due.afterMs;
  }

  #readyStatus(runAt: number | null): JobStatus {
    return runAt !== null && runAt > this.now ? 'scheduled' : 'pending';
  }

  // ── what one job means to another ─────────────────────────────────────────────────────────────

  /** Takes down, brings back, blocks and releases, until every job stands as its parents will have it. */
  #follow(): void {
    let isSettled = false;
    while (!isSettled) isSettled = !this.jobs.some((job) => this.#adapt(job));
    for (const workflow of this.workflows.values()) this.#judge(workflow);
  }

  /** Whether anything changed. */
  #adapt(job: ModelJob): boolean {
    const isAgainst = thoseAgainst(job).length > 0;
    if (job.isTakenDown && !isAgainst) return this.#revive(job);
    if (isFinal(job.status) || job.status === 'running') return false;
    if (isAgainst) return this.#end(job, { isTakenDown: true });
    const ready = job.status === 'blocked' ? this.#readyStatus(job.runAt) : job.status;
    const status = isHeldUp(job) ? 'blocked' : ready;
    if (status === job.status) return false;
    job.status = status;
    return true;
  }

  #end(job: ModelJob, { isTakenDown }: Pick<ModelJob, 'isTakenDown'>): true {
    const ended = { status: 'cancelled', runAt: null, endedAt: this.now, life: null };
    Object.assign(job, { ...ended, isTakenDown });
    return true;
  }

  #revive(job: ModelJob): true {
    const renewed = { status: 'pending', attempts: 0, runAt: null, endedAt: null };
    const record = { ...clean, suspect: job.record.suspect };
    Object.assign(job, { ...renewed, error: null, isTakenDown: false, record });
    return true;
  }

  jobsOf(workflow: string): ModelJob[] {
    return this.jobs.filter((job) => job.workflow === workflow);
  }

  #countsOf({ id }: Pick<ModelWorkflow, 'id'>): string {
    return this.jobsOf(id)
      .map(({ status }) => status)
      .toSorted()
      .join(' ');
  }

  #judge(workflow: ModelWorkflow): void {
    const counts = this.#countsOf(workflow);
    if (counts === workflow.counts) return;
    workflow.counts = counts;
    const status = statusOf(this.jobsOf(workflow.id));
    if (status === workflow.status) return;
    workflow.status = status;
    workflow.completedAt = status === 'running' ? null : this.now;
  }

  // ── working ───────────────────────────────────────────────────────────────────────────────────

  /** The life that a worker leads now. */
  lifeOf(worker: string): Life | undefined {
    return this.lives.get(worker)?.at(-1);
  }

  register(worker: string): number {
    const lives = this.lives.get(worker) ?? [];
    this.lives.set(worker, lives);
    for (const life of lives) life.isOver = true;
    lives.push({ epoch: lives.length + 1, beat: 0, isOver: false });
    return lives.length;
  }

  /** The jobs to claim, in order; leases them. */
  claim(life: Life, wanted: Wanted): ModelJob[] {
    for (const job of this.jobs) if (this.dueMs(job) <= 0) job.status = 'pending';
    const ready = this.jobs.filter(
      ({ status, given }) => status === 'pending' && wanted.wants(given),
    );
    const taken = inOrder(ready, wanted);
    for (const job of taken) {
      const { attempts, number } = job;
      Object.assign(job, {
        status: 'running',
        attempts: attempts + 1,
        number: number + 1,
        life,
        endedAt: null,
      });
    }
    return taken;
  }

  dueMs({ status, runAt }: ModelJob): number {
    return status === 'scheduled' ? (runAt ?? Infinity) - this.now : Infinity;
  }

  nextDueMs(): number | null {
    const next = Math.min(...this.jobs.map((job) => this.dueMs(job)));
    return next === Infinity ? null : next;
  }

  /** How the parents ended that a run is told of. */
  inputs(run: Run): 'lost' | 'unfinished' | readonly (readonly [string, JobStatus])[] {
    if (!this.isCurrent(run)) return 'lost';
    const { given, parents } = run.job;
    const told = given.parents?.passResults === true ? parents : [];
    if (told.some(({ status }) => !isFinal(status))) return 'unfinished';
    return told.map((parent) => [parent.given.id, parent.status]);
  }

  settle({ job, number }: Pick<Run, 'job' | 'number'>, settlement: Settlement): Settled {
    const { status, attempts, execution, error, crashes, expiries, suspect } = settlement;
    if (!this.isCurrent({ job, number })) {
      const isKnown = this.jobs.includes(job);
      return isKnown && job.executions[number - 1] === execution ? 'duplicate' : 'lost';
    }
    job.executions.push(execution);
    const runAt = this.#instantOf(settlement.due);
    const endedAt = isFinal(status) ? this.now : null;
    const message = error?.message ?? null;
    Object.assign(job, {
      status,
      attempts,
      runAt,
      endedAt,
      life: null,
      error: message,
      record: { crashes, expiries, suspect },
    });
    this.#follow();
    return 'settled';
  }

  isCurrent({ job, number }: Pick<Run, 'job' | 'number'>): boolean {
    return this.jobs.includes(job) && job.status === 'running' && job.number === number;
  }

  heldBy(life: Life): ModelJob[] {
    return this.jobs.filter((job) => job.life === life);
  }

  // ── tending ───────────────────────────────────────────────────────────────────────────────────

  cancel(id: string): boolean {
    const job = this.find(id);
    return job !== undefined && this.#cancel([job]) === 1;
  }

  cancelWorkflow(id: string): number {
    return this.#cancel(this.jobsOf(id));
  }

  /** All of them before anything follows from it: none of them is taken down. */
  #cancel(jobs: readonly ModelJob[]): number {
    const alive = jobs.filter(({ status }) => allows('cancel', status));
    for (const job of alive) {
      if (job.status === 'running') job.executions.push('cancelled');
      this.#end(job, { isTakenDown: false });
    }
    this.#follow();
    return alive.length;
  }

  requeue(id: string): boolean {
    const job = this.find(id);
    if (job === undefined || !this.#mayComeBack(job) || thoseAgainst(job).length > 0) return false;
    this.#revive(job);
    this.#follow();
    return true;
  }

  /** Those that a parent is against come back with it: at once, if it comes back as well, or whenever it does. */
  requeueWorkflow(id: string): number {
    const bad = this.jobs.filter(endedBadly);
    for (const job of this.jobsOf(id).filter((each) => this.#mayComeBack(each))) {
      if (thoseAgainst(job).length > 0) job.isTakenDown = true;
      else this.#revive(job);
    }
    this.#follow();
    return bad.filter((job) => !endedBadly(job)).length;
  }

  /** Nobody could say of a parent that was removed whether it ended well. */
  #mayComeBack(job: ModelJob): boolean {
    const areStored = job.parents.every((parent) => this.jobs.includes(parent));
    return allows('requeue', job.status) && areStored;
  }

  prune(request: Input<'prune'>['before']): number {
    const before = this.#limitOf(request);
    const stored = this.jobs.length;
    const isNeeded = (job: ModelJob): boolean =>
      this.jobs.some((each) => needsItsParents(each) && each.parents.includes(job));
    // The latest first: what needed a job may have gone just before it.
    for (const job of this.jobs.toReversed()) {
      const isOld = allows('prune', job.status) && (job.endedAt ?? 0) < before;
      if (isOld && !isNeeded(job)) this.jobs = this.jobs.filter((each) => each !== job);
    }
    // What is removed changes nothing of how a workflow ended.
    for (const workflow of this.workflows.values()) workflow.counts = this.#countsOf(workflow);
    for (const { id, completedAt } of this.workflows.values()) {
      const isOver = completedAt !== null && completedAt < before;
      if (isOver && this.jobsOf(id).length === 0) this.workflows.delete(id);
    }
    return stored - this.jobs.length;
  }

  #limitOf(request: Input<'prune'>['before']): number {
    if (request === null) return Infinity;
    return 'atMs' in request ? request.atMs : this.now - request.agoMs;
  }
}

/** What a worker would take, and how many. */
export interface Wanted {
  readonly wants: (job: NewJob) => boolean;
  readonly apart: readonly string[];
  readonly oneSuspect: boolean;
  readonly slots: number;
}

const clean: CrashRecord = { crashes: 0, expiries: 0, suspect: false };

/** A suspect that would run beside others goes first, and alone of its kind. */
function inOrder(ready: readonly ModelJob[], { apart, oneSuspect, slots }: Wanted): ModelJob[] {
  const ordered = ready.toSorted((a, b) => b.given.priority - a.given.priority);
  const isLone = ({ record, given }: ModelJob): boolean =>
    record.suspect && !apart.includes(given.task);
  const lone = oneSuspect ? ordered.filter(isLone).slice(0, 1) : [];
  return [...lone, ...ordered.filter((job) => !isLone(job))].slice(0, slots);
}

function statusOf(jobs: readonly ModelJob[]): WorkflowStatus {
  if (jobs.some(({ status }) => !isFinal(status))) return 'running';
  if (jobs.some(({ status }) => status === 'failed' || status === 'timeout')) return 'failed';
  return jobs.some(({ status }) => status === 'cancelled') ? 'cancelled' : 'completed';
}
