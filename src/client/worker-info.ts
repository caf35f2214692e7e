/** Workers as the public interface shows them. */
import { type Duration, formatDuration } from '../core/duration.ts';
import { isSilent } from '../core/standing.ts';
import type { RunningJob, WorkerRecord } from '../core/worker.ts';
import type { Reply } from '../store/store.ts';

/** A worker as the database knows it. */
export interface WorkerInfo {
  /** The UUID of this life of the worker. */
  readonly instance: string;
  /** Its label; a name for people. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** The version of gigq that it runs. */
  readonly version: string;
  /** The queues that it serves; empty: all. */
  readonly queues: readonly string[];
  /** The names of the tasks that it can run. */
  readonly tasks: readonly string[];
  readonly concurrency: number;
  /** How many jobs it runs, counted at the moment of reading. */
  readonly running: number;
  /** What it runs at the moment of reading: the 100 jobs that have run longest. */
  readonly jobs: readonly WorkerJob[];
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  /** Without a heartbeat for that long it may be held for dead. */
  readonly leaseDuration: Duration;
  /**
   * 'active' or 'stopping' while it holds its lease, as far as the database knows; 'lost': it has ended, or was held for
   * dead and its jobs were given to others.
   */
  readonly state: 'active' | 'stopping' | 'lost';
  /**
   * Its last heartbeat is older than its lease, but nobody has held it for dead yet: it is dead or frozen and no other
   * worker runs that would notice, or one is about to.
   */
  readonly silent: boolean;
}

/** A job that a worker runs. */
export interface WorkerJob {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  /** The worker's slot in which it runs. */
  readonly slot: string;
  /** When it was claimed. */
  readonly startedAt: Date;
}

export function toWorkerInfos(
  records: readonly WorkerRecord[],
  { jobs, nowMs }: Reply<'running'>,
): WorkerInfo[] {
  const byLife = Map.groupBy(jobs, lifeOf);
  return records.map((record) => ({
    ...toWorkerInfo(record),
    jobs: (byLife.get(lifeOf(record)) ?? []).map(toWorkerJob),
    silent: isSilent(record, nowMs),
  }));
}

function lifeOf({ instance, epoch }: Pick<WorkerRecord, 'instance' | 'epoch'>): string {
  return `${instance}/${epoch}`;
}

function toWorkerInfo(record: WorkerRecord): Omit<WorkerInfo, 'jobs' | 'silent'> {
  return {
    instance: record.instance,
    id: record.label,
    host: record.host,
    pid: record.pid,
    version: record.version,
    queues: record.queues ?? [],
    tasks: record.tasks,
    concurrency: record.concurrency,
    running: record.running,
    startedAt: new Date(record.startedAtMs),
    heartbeatAt: new Date(record.heartbeatAtMs),
    leaseDuration: formatDuration(record.leaseMs) as Duration,
    state: record.state,
  };
}

function toWorkerJob({ id, name, task, slot, startedAtMs }: RunningJob): WorkerJob {
  return { id, name, task, slot, startedAt: new Date(startedAtMs) };
}
