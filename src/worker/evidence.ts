/** What shows that a worker's process is gone without waiting for its lease: only what is certain counts. */
import type { NewWorker } from '../core/worker.ts';
import { processIdentity, processState, type ProcessIdentity } from './identity.ts';

/** What a worker's row says about its process. */
export type Suspect = Pick<NewWorker, 'host' | 'pid' | 'pidStart' | 'bootId' | 'pidNamespace'>;

export function isGone(worker: Suspect, self: ProcessIdentity = processIdentity()): boolean {
  if (worker.bootId === null || self.bootId === null) return false;
  if (worker.bootId !== self.bootId) return worker.host === self.host;
  // In another pid namespace the same number is another process: containers on one volume would see each other as dead.
  if (worker.pidNamespace === null || worker.pidNamespace !== self.pidNamespace) return false;
  return !isThere(worker.pid) || isAnother(worker);
}

/** Asked by a signal that is not sent: /proc may hide the processes of other users. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Whether what is left is no running process (a zombie, a dead one), or a later one with the same number. */
function isAnother({ pid, pidStart }: Suspect): boolean {
  const found = processState(pid);
  if (found === null) return false;
  return (
    found.state === 'Z' || found.state === 'X' || (pidStart !== null && found.start !== pidStart)
  );
}
