/** Looks for workers that are dead, now and then, and takes their jobs, so that others run them. */
import type { JobError } from '../core/job.ts';
import { defaults } from '../core/limits.ts';
import { type Vigil, watch } from '../core/liveness.ts';
import type { WorkerRecord } from '../core/worker.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import { Alarm } from './alarm.ts';
import { goneBy } from './evidence.ts';
import { isSupervised, processKey } from './identity.ts';
import type { Settings } from './options.ts';
import { type Death, reap } from './reap.ts';

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
/** How long a service has to take the jobs of a process of its own: it alone knows what has ended it, and tells. */
const serviceMs = 500;

/** The workers of one process that is gone. */
type Together = readonly [WorkerRecord, ...WorkerRecord[]];

export class Reaper {
  readonly #host: ReaperHost;
  readonly #alarm = new Alarm(() => void this.sweep());
  readonly #intervalMs: number;
  #vigil: Vigil | null = null;
  /** When processes were first seen to be gone, by their keys. */
  #goneSince: ReadonlyMap<string, number> = new Map();
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
    const workers = await store.call('workers', { runningOf: 'lost' }, { waitMs });
    const look = { self: instance, workers, askedAtMs, answeredAtMs: performance.now() };
    const { vigil, dead, nextMs } = watch(this.#vigil, look);
    this.#vigil = vigil;
    const others = workers.filter(
      ({ state, instance: each }) => state !== 'lost' && each !== instance,
    );
    const silent = dead.filter((worker) => !others.includes(worker) || goneBy(worker) === null);
    for (const worker of silent) await this.#reap([worker], silence(worker));
    const gone = processesGone(others);
    const untaken = this.#untaken(gone);
    for (const together of untaken) await this.#reap(together, deathOf(together));
    return untaken.length === gone.length ? nextMs : Math.min(nextMs ?? Infinity, serviceMs);
  }

  /** Those whose jobs nobody else is about to take. */
  #untaken(gone: readonly Together[]): readonly Together[] {
    if (!isSupervised()) return gone;
    const [nowMs, before] = [performance.now(), this.#goneSince];
    const sinceMs = ([worker]: Together): number => before.get(processKey(worker)) ?? nowMs;
    this.#goneSince = new Map(gone.map((each) => [processKey(each[0]), sinceMs(each)]));
    return gone.filter((each) => nowMs - sinceMs(each) >= serviceMs);
  }

  async #reap(workers: readonly WorkerRecord[], death: Death): Promise<void> {
    const jobs = await reap(workers, death, this.#host);
    if (jobs === 0) return;
    const fields = { workerId: workers.map(({ label }) => label).join(', '), jobs };
    const { logger } = this.#host.settings;
    logger.warn({ ...fields, reason: death.error.message }, 'The jobs of a dead worker run again');
  }
}

function processesGone(workers: readonly WorkerRecord[]): readonly Together[] {
  const gone = workers.filter((worker) => goneBy(worker) !== null);
  return [...Map.groupBy(gone, processKey).values()] as unknown as readonly Together[];
}

/** What was stopping, or went down with the system, need not have been ended by its jobs. */
function deathOf(workers: Together): Death {
  const [worker] = workers;
  const error = endOf(worker);
  if (goneBy(worker) === 'boot') return { loss: 'silent', error };
  return { loss: workers.some(({ state }) => state === 'stopping') ? 'stopped' : 'died', error };
}

function endOf({ label, host, pid }: WorkerRecord): JobError {
  return {
    name: 'WorkerLost',
    message: `Worker ${label} is gone: its process ${pid} on ${host} has ended`,
  };
}

function silence({ label, host, pid }: WorkerRecord): Death {
  const message = `Worker ${label} is gone: nothing was heard of it (process ${pid} on ${host})`;
  return { loss: 'silent', error: { name: 'WorkerLost', message } };
}
