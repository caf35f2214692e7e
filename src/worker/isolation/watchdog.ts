/** The watchdog of a process that somebody else started: a thread, so that it sees also while the event loop stands still. */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

export interface Watch {
  /** The process that started this one: when it is gone, this one ends, with all that it started itself. */
  readonly parentPid: number;
  /** How long it may go on without its parent, to give back what it has. */
  readonly graceMs: number;
  /** How long its parent may stand still, stopped by a signal, before others may take its jobs; null: for ever. */
  readonly frozenMs: number | null;
  /** How much memory it may take in all; null: any. */
  readonly memoryLimitMb: number | null;
}

/** The watchdog's last word goes here, if there is somebody to hear it. */
const reportFd = 4;
export const outOfMemory = 'memory';
export const abandoned = 'abandoned';

export function startWatchdog(watch: Watch): void {
  const thread = new URL(import.meta.resolve('#watchdog'));
  new Worker(thread, { workerData: watch, execArgv: [], name: 'gigq watchdog' }).unref();
}

export function report(word: string): void {
  try {
    writeSync(reportFd, word);
  } catch {
    // Nobody listens.
  }
}

/** Ends this process at once, with every process of its group: it was started as the leader of one. */
export function killGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}
