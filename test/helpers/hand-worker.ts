// Does by hand what a worker does to the jobs of a queue, one step at a time.
import { randomUUID } from 'node:crypto';
import type { JobQueue } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import { decide, type Outcome } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import type { StoreHandle } from '../../dist/store/store-handle.js';
import type { WorkerKey } from '../../dist/store/store.js';
import { newWorker, noSuspects } from './store-seam.ts';

export const failure: Outcome = {
  kind: 'failed',
  error: { name: 'TypeError', message: 'it broke', stack: 'TypeError: it broke\n    at handler' },
  final: true,
};

export class HandWorker {
  readonly #store: StoreHandle;
  readonly #key: WorkerKey;
  readonly #tasks: readonly string[];

  private constructor(store: StoreHandle, key: WorkerKey, tasks: readonly string[]) {
    this.#store = store;
    this.#key = key;
    this.#tasks = tasks;
  }

  static async register(queue: JobQueue, ...tasks: string[]): Promise<HandWorker> {
    const store = storeOf(queue);
    const worker = newWorker(randomUUID(), { label: 'hand', host: 'elsewhere', tasks });
    return new HandWorker(store, await store.call('register', worker), tasks);
  }

  async claim(): Promise<ClaimedJob> {
    const { jobs } = await this.#store.call('claim', {
      worker: this.#key,
      tasks: this.#tasks,
      queues: null,
      slots: ['hand-0'],
      ...noSuspects,
    });
    const [job] = jobs;
    if (job === undefined) throw new Error('There was no job to claim');
    return job;
  }

  async end(job: ClaimedJob, outcome: Outcome): Promise<void> {
    const [settled] = await this.#store.call('settle', [decide(job, outcome, 0)]);
    if (settled !== 'settled') throw new Error(`The job was ${settled}`);
  }

  /** Claims the next job and ends it: with that result, which is JSON text, or as it is told. */
  async run(outcome: string | Outcome): Promise<ClaimedJob> {
    const job = await this.claim();
    await this.end(job, typeof outcome === 'string' ? completed(outcome) : outcome);
    return job;
  }
}

function completed(result: string): Outcome {
  return { kind: 'completed', result };
}
