// What a store does, without a store: plain data and plain loops. Model-based runs compare every store with it.
import type { ClaimedJob, NewJob, Settlement } from '../../dist/core/job.js';
import { allows, isFinal, type JobStatus } from '../../dist/core/state.js';
import type { Settled } from '../../dist/store/store.js';

export interface ModelJob {
  readonly given: NewJob;
  status: JobStatus;
  attempts: number;
  number: number;
  runAt: number | null;
  endedAt: number | null;
  life: Life | null;
  readonly executions: string[];
}

/** One life of a worker. */
export interface Life {
  readonly epoch: number;
  beat: number;
  isOver: boolean;
}

/** One run of a job, as the model and as the store know it. */
export interface Run {
  readonly job: ModelJob;
  readonly number: number;
  readonly claimed: ClaimedJob;
}

export class Model {
  now: number;
  /** In the order of insertion. */
  jobs: ModelJob[] = [];
  readonly runs: Run[] = [];
  readonly lives = new Map<string, Life[]>();

  constructor(now: number) {
    this.now = now;
  }

  find(id: string): ModelJob | undefined {
    return this.jobs.find(({ given }) => given.id === id);
  }

  enqueue(given: NewJob): 'stored' | 'duplicate' {
    if (this.find(given.id) !== undefined) return 'duplicate';
    const { due } = given;
    const runAt = due === null ? null : 'atMs' in due ? due.atMs : this.now + due.afterMs;
    const status = runAt !== null && runAt > this.now ? 'scheduled' : 'pending';
    const fresh = { attempts: 0, number: 0, endedAt: null, life: null, executions: [] };
    this.jobs.push({ given, status, runAt, ...fresh });
    return 'stored';
  }

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
  claim(life: Life, wants: (job: NewJob) => boolean, slots: number): ModelJob[] {
    for (const job of this.jobs) if (this.dueMs(job) <= 0) job.status = 'pending';
    const ready = this.jobs.filter(({ status, given }) => status === 'pending' && wants(given));
    const taken = ready.toSorted((a, b) => b.given.priority - a.given.priority).slice(0, slots);
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

  settle({ job, number }: Run, { status, attempts, due, execution }: Settlement): Settled {
    if (!this.isCurrent({ job, number })) {
      const isKnown = this.jobs.includes(job);
      return isKnown && job.executions[number - 1] === execution ? 'duplicate' : 'lost';
    }
    job.executions.push(execution);
    const runAt = due === null ? null : 'atMs' in due ? due.atMs : this.now + due.afterMs;
    const endedAt = isFinal(status) ? this.now : null;
    Object.assign(job, { status, attempts, runAt, endedAt, life: null });
    return 'settled';
  }

  isCurrent({ job, number }: Pick<Run, 'job' | 'number'>): boolean {
    return this.jobs.includes(job) && job.status === 'running' && job.number === number;
  }

  cancel(id: string): boolean {
    const job = this.find(id);
    if (job === undefined || !allows('cancel', job.status)) return false;
    if (job.status === 'running') job.executions.push('cancelled');
    Object.assign(job, { status: 'cancelled', runAt: null, endedAt: this.now, life: null });
    return true;
  }

  requeue(id: string): boolean {
    const job = this.find(id);
    if (job === undefined || !allows('requeue', job.status)) return false;
    Object.assign(job, { status: 'pending', attempts: 0, runAt: null, endedAt: null });
    return true;
  }

  prune(before: number): number {
    const stored = this.jobs.length;
    const isOld = (job: ModelJob): boolean =>
      allows('prune', job.status) && (job.endedAt ?? 0) < before;
    this.jobs = this.jobs.filter((job) => !isOld(job));
    return stored - this.jobs.length;
  }

  heldBy(life: Life): ModelJob[] {
    return this.jobs.filter((job) => job.life === life);
  }
}
