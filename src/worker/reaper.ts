/**
 * Takes the jobs of workers that are dead, so that others run them. It has no power that a worker lacks: a dead worker's
 * jobs are settled with its old leases, and a store refuses what has changed since it was seen.
 */
import { decide } from '../core/decide.ts';
import type { ClaimedJob, JobError } from '../core/job.ts';
import { defaults } from '../core/limits.ts';
import { type Vigil, watch } from '../core/liveness.ts';
import type { WorkerRecord } from '../core/worker.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Alarm } from './alarm.ts';
import { isGone } from './evidence.ts';
import type { Settings } from './options.ts';

export interface ReaperHost {
  readonly store: StoreHandle;
  readonly settings: Pick<Settings, 'logger' | 'leaseMs'>;
  /** The instance that sweeps; it never takes its own jobs. */
  readonly instance: string;
  readonly waitMs: number;
  sweepFailed(error: unknown): void;
}

/** A worker with a short lease looks more often, or its looks would be too far apart to count (see core/liveness.ts). */
const looksPerLease = 4;

export class Reaper {
  readonly #host: ReaperHost;
  readonly #alarm = new Alarm(() => void this.sweep());
  readonly #intervalMs: number;
  #vigil: Vigil | null = null;
  #isOn = false;
  #sweep: Promise<void> | null = null;

  constructor(host: ReaperHost) {
    this.#host = host;
    this.#intervalMs = Math.min(defaults.sweepMs, host.settings.leaseMs / looksPerLease);
  }

  start(): void {
    this.#isOn = true;
    void this.sweep();
  }

  stop(): void {
    this.#isOn = false;
    this.#alarm.clear();
  }

  /** One look at all workers; never rejects. Several calls at a time are one. */
  sweep(): Promise<void> {
    this.#sweep ??= this.#sweepOnce().finally(() => {
      this.#sweep = null;
    });
    return this.#sweep;
  }

  async #sweepOnce(): Promise<void> {
    let nextMs: number | null = null;
    try {
      nextMs = await this.#look();
    } catch (error) {
      this.#host.sweepFailed(error);
    }
    if (this.#isOn) this.#alarm.set(Math.min(this.#jittered(), nextMs ?? Infinity));
  }

  /** Only ever sooner: a dead process is found within the interval. */
  #jittered(): number {
    return this.#intervalMs * (1 - defaults.sweepJitter * Math.random());
  }

  async #look(): Promise<number | null> {
    const { store, instance, waitMs } = this.#host;
    const askedAtMs = performance.now();
    const workers = await store.call('workers', null, { waitMs });
    const look = { self: instance, workers, askedAtMs, answeredAtMs: performance.now() };
    const { vigil, dead, nextMs } = watch(this.#vigil, look);
    this.#vigil = vigil;
    for (const worker of workers) {
      if (dead.includes(worker)) await this.#reap(worker, silence(worker));
      else if (this.#canBeChecked(worker) && isGone(worker))
        await this.#reap(worker, death(worker));
    }
    return nextMs;
  }

  #canBeChecked({ instance, state }: WorkerRecord): boolean {
    return state !== 'lost' && instance !== this.#host.instance;
  }

  /** Takes all of the worker's jobs, some at a time; stops if somebody else does so too. */
  async #reap(worker: WorkerRecord, error: JobError): Promise<void> {
    const { store, settings, waitMs } = this.#host;
    const { instance, epoch, beat } = worker;
    let isTaking = true;
    while (isTaking) {
      const jobs = await store.call('expired', { instance, epoch, beat }, { waitMs });
      isTaking = jobs.length > 0 && (await this.#settle(jobs, error));
      const fields = { workerId: worker.label, jobs: jobs.length, reason: error.message };
      if (isTaking) settings.logger.warn(fields, 'The jobs of a dead worker run again');
    }
  }

  async #settle(jobs: readonly ClaimedJob[], error: JobError): Promise<boolean> {
    const settlements = jobs.map((job) => decide(job, { kind: 'lost', error }, 0));
    const { store, waitMs } = this.#host;
    const answers = await store.call('settle', settlements, { waitMs });
    return answers.includes('settled');
  }
}

function death({ label, host, pid }: WorkerRecord): JobError {
  return {
    name: 'WorkerLost',
    message: `Worker ${label} is gone: its process ${pid} on ${host} has ended`,
  };
}

function silence({ label, host, pid }: WorkerRecord): JobError {
  return {
    name: 'WorkerLost',
    message: `Worker ${label} is gone: nothing was heard of it (process ${pid} on ${host})`,
  };
}
