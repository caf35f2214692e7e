/** Whether there is somebody to run the jobs, and nobody who holds them and does not. */
import { isLive, knows, serves } from '../core/standing.ts';
import type { WorkerRecord } from '../core/worker.ts';
import { advice, type Examination, type Finding, problem } from './doctor.ts';
import { type Row, toWorker } from './rows.ts';

/** Two sweeps, and some: whoever sweeps has seen by then that a lease has run out. */
const graceMs = 12_000;

interface Staff extends Pick<Examination, 'isGone'> {
  /** As the statements `workers` and `readyLanes` return them. */
  readonly workerRows: readonly Row[];
  readonly readyLanes: readonly Row[];
  readonly now: number;
}

export function findAboutWorkers({ workerRows, readyLanes, isGone, now }: Staff): Finding[] {
  const workers = workerRows.map(toWorker);
  const isOverdue = (worker: WorkerRecord): boolean =>
    now - worker.heartbeatAtMs > worker.leaseMs + graceMs;
  const holders = workers.filter(({ running }) => running > 0);
  const dead = holders.filter((worker) => isGone(worker) || isAbandoned(worker, isOverdue));
  const silent = holders.filter((worker) => !dead.includes(worker) && isOverdue(worker));
  return [
    ...dead.map(deadWorker),
    ...silent.map((worker) => silentWorker(worker, now)),
    ...unserved(
      readyLanes as unknown as readonly Lane[],
      workers.filter((worker) => isLive(worker, now)),
    ),
  ];
}

function isAbandoned(worker: WorkerRecord, isOverdue: (worker: WorkerRecord) => boolean): boolean {
  return worker.state === 'lost' && isOverdue(worker);
}

function deadWorker({ label, host, pid, running }: WorkerRecord): Finding {
  const message = `Worker ${label} (process ${pid} on ${host}) is dead and holds ${jobs(running)}`;
  const hint = 'Start a worker: it takes them within seconds. --fix gives them back as that would.';
  return problem('worker_dead', message, { hint, fixable: true });
}

function silentWorker(
  { label, host, pid, running, heartbeatAtMs }: WorkerRecord,
  now: number,
): Finding {
  const silentS = Math.round((now - heartbeatAtMs) / 1000);
  const message = `Worker ${label} (process ${pid} on ${host}) was not heard of for ${silentS} s and holds ${jobs(running)}`;
  const hint = 'If it is dead, start a worker: it takes them within 40 s. If it is frozen, end it.';
  return problem('worker_silent', message, { hint });
}

interface Lane {
  readonly queue: string;
  readonly task: string;
}

function unserved(lanes: readonly Lane[], live: readonly WorkerRecord[]): Finding[] {
  // A task's suspects have a lane of their own.
  const waiting = lanes
    .filter((lane) => !live.some((worker) => serves(worker, lane) && knows(worker, lane)))
    .map(({ queue, task }) => (queue === 'default' ? task : `${task} in queue ${queue}`));

  if (waiting.length === 0) return [];
  const tasks = [...new Set(waiting)];
  const hint =
    'Start a worker with the modules that define these tasks: gigq worker --tasks <module>';
  return [
    advice('no_worker', `Jobs are ready that no live worker runs: ${tasks.join(', ')}`, { hint }),
  ];
}

function jobs(count: number): string {
  return count === 1 ? 'a job' : `${count} jobs`;
}
