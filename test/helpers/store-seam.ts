// One caller of a store, with words for what tests do all the time. Knows the seam and nothing below it.
import type { ClaimedJob, JobRecord, NewJob, Parents, Settlement } from '../../dist/core/job.js';
import { decide, type Outcome } from '../../dist/core/decide.js';
import type { NewWorker } from '../../dist/core/worker.js';
import type {
  Answer,
  Claim,
  ClaimRequest,
  Input,
  Operation,
  Reply,
  Settled,
  Store,
  Unit,
  WorkerKey,
} from '../../dist/store/store.js';
import type { FakeClock } from './store-clock.ts';

/** Whatever ends what was begun: the context of a test. */
export interface Scope {
  after(end: () => void | Promise<void>): void;
}

export interface CallOptions {
  readonly caller?: number;
  readonly waitMs?: number;
}

export function unit<O extends Operation>(
  op: O,
  input: Input<O>,
  { caller = 1, waitMs = 30_000 }: CallOptions = {},
): Unit {
  return { op, input, caller, waitMs } as unknown as Unit;
}

/** The answers to units that are run together. */
export function runAll(store: Store, units: readonly Unit[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let left = units.length;
  return new Promise((resolve) => {
    store.run(units, (place, answer) => {
      answers[place] = answer;
      left -= 1;
      if (left === 0) resolve(answers);
    });
  });
}

export function replyOf<O extends Operation>(answer: Answer | undefined, _op?: O): Reply<O> {
  if (answer?.ok === true) return answer.reply as Reply<O>;
  throw answer === undefined ? new Error('There was no answer') : (answer.error as Error);
}

/** A new job; its number makes its id. */
export function newJob(id: string, properties: Partial<NewJob> = {}): NewJob {
  return {
    id,
    task: 'greet',
    queue: 'default',
    name: 'greet',
    description: '',
    params: '{}',
    priority: 0,
    maxAttempts: 3,
    timeout: '300s',
    retry: null,
    due: null,
    parents: null,
    ...properties,
  };
}

/** What a job waits for. */
export function waitsFor(
  ids: readonly string[],
  { onFailure = 'cancel', passResults = true }: Partial<Omit<Parents, 'list'>> = {},
): { readonly parents: Parents } {
  return {
    parents: { list: ids.map((id) => ({ id, references: [] })), onFailure, passResults },
  };
}

export function newJobs(count: number, properties: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, (_, index) => newJob(`job-${index}`, properties));
}

export function newWorker(instance: string, properties: Partial<NewWorker> = {}): NewWorker {
  return {
    instance,
    label: `worker-${instance}`,
    host: 'here',
    pid: 4711,
    pidStart: '12345',
    bootId: 'boot-1',
    pidNamespace: 'pid:[1]',
    version: '0.1.0',
    queues: null,
    tasks: ['greet'],
    processTasks: [],
    moduleTasks: [],
    concurrency: 1,
    leaseMs: 30_000,
    ...properties,
  };
}

/** A job against which nothing speaks. */
export const innocent = { crashes: 0, expiries: 0, suspect: false } as const;

export function slots(count: number, label = 'w'): string[] {
  return Array.from({ length: count }, (_, index) => `${label}-${index}`);
}

export class Seam {
  readonly store: Store;
  readonly clock: FakeClock;

  constructor(store: Store, clock: FakeClock) {
    this.store = store;
    this.clock = clock;
  }

  async call<O extends Operation>(
    op: O,
    input: Input<O>,
    options?: CallOptions,
  ): Promise<Reply<O>> {
    const [answer] = await runAll(this.store, [unit(op, input, options)]);
    return replyOf(answer, op);
  }

  enqueue(...jobs: NewJob[]): Promise<Reply<'enqueue'>> {
    return this.call('enqueue', jobs);
  }

  async job(id: string): Promise<JobRecord> {
    const job = await this.call('get', id);
    if (job === null) throw new Error(`There is no job ${id}`);
    return job;
  }

  async statusOf(id: string): Promise<string> {
    return (await this.job(id)).status;
  }

  async counted(): Promise<Readonly<Record<string, number>>> {
    const counts = await this.call('counts', null);
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }

  async worker(instance = 'w1', properties: Partial<NewWorker> = {}): Promise<SeamWorker> {
    return new SeamWorker(this, await this.call('register', newWorker(instance, properties)));
  }

  /** Everything that can be seen of the jobs, to compare before and after. */
  async everything(): Promise<unknown> {
    const jobs = await this.everyJob();
    const executions = await Promise.all(jobs.map(({ id }) => this.call('executions', id)));
    return { jobs, executions, counts: await this.call('counts', null) };
  }

  async everyJob(): Promise<JobRecord[]> {
    const found: JobRecord[] = [];
    let before: { readonly seq: number } | { readonly id: string } | null = null;
    for (;;) {
      const page: Reply<'list'> = await this.call('list', { ...everyJob, before });
      found.push(...page.jobs);
      const last = page.jobs.at(-1);
      if (page.next !== null) before = { seq: page.next };
      else if (page.jobs.length === everyJob.limit && last !== undefined) before = { id: last.id };
      else return found;
    }
  }
}

/** What a list is to be of: whatever there is. */
export const anyJob = {
  statuses: null,
  task: null,
  queue: null,
  workflow: null,
  worker: null,
} as const;
const everyJob = { ...anyJob, limit: 1000 } as const;

/** A claim of a worker that can run none in a process of its own. */
export const noSuspects = { apart: [], oneSuspect: true };

export class SeamWorker {
  readonly key: WorkerKey;
  readonly #seam: Seam;

  constructor(seam: Seam, key: WorkerKey) {
    this.#seam = seam;
    this.key = key;
  }

  claim(request: Partial<ClaimRequest> = {}): Promise<Claim> {
    const usual = {
      worker: this.key,
      tasks: ['greet'],
      queues: null,
      slots: ['w-0'],
      ...noSuspects,
    };
    return this.#seam.call('claim', { ...usual, ...request });
  }

  async take(count: number): Promise<readonly ClaimedJob[]> {
    return (await this.claim({ slots: slots(count) })).jobs;
  }

  async takeOne(): Promise<ClaimedJob> {
    const [job] = await this.take(1);
    if (job === undefined) throw new Error('There was no job to claim');
    return job;
  }

  settle(...settlements: Settlement[]): Promise<readonly Settled[]> {
    return this.#seam.call('settle', settlements);
  }

  async end(job: ClaimedJob, outcome: Outcome, draw = 0): Promise<Settled | undefined> {
    return (await this.settle(decide(job, outcome, draw)))[0];
  }

  async renew(stopping = false): Promise<boolean> {
    return this.#seam.call('renew', { ...this.key, stopping });
  }

  leave(): Promise<void> {
    return this.#seam.call('leave', this.key);
  }

  /** Somebody sees the worker stand, takes it for dead and gives its jobs back. */
  async reap(): Promise<readonly Settled[]> {
    const jobs = await this.#seam.call('expired', await this.sighting());
    return this.settle(...jobs.map((job) => decide(job, lost, 0)));
  }

  async sighting(): Promise<Input<'expired'>> {
    const workers = await this.#seam.call('workers', null);
    const self = workers.find(
      ({ instance, epoch }) => instance === this.key.instance && epoch === this.key.epoch,
    );
    return { ...this.key, beat: self?.beat ?? -1 };
  }
}

export const completed: Outcome = { kind: 'completed', result: '"done"' };
const error = { name: 'Error', message: 'it broke' };
export const failed: Outcome = { kind: 'failed', error, final: false };
export const failedForGood: Outcome = { kind: 'failed', error, final: true };
export const timedOut: Outcome = {
  kind: 'timeout',
  error: { name: 'TimeoutError', message: 'it took too long' },
};
export const released: Outcome = { kind: 'released' };
export const lost = {
  kind: 'lost' as const,
  error: { name: 'Error', message: 'its worker is gone' },
};
export function postponed(afterMs: number): Outcome {
  return { kind: 'postponed', due: { afterMs }, error: null };
}
