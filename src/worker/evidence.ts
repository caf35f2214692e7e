/** What shows that a worker's process is gone without waiting for its lease: only what is certain counts. */
import { processIdentity, processState, type ProcessIdentity } from './identity.ts';

/** `process`: its process has ended; `boot`: with all others, when the system went down. */
export type Gone = 'process' | 'boot';

export function goneBy(
  worker: ProcessIdentity,
  self: ProcessIdentity = processIdentity(),
): Gone | null {
  if (worker.bootId === null || self.bootId === null) return null;
  if (worker.bootId !== self.bootId) return worker.host === self.host ? 'boot' : null;
  // In another pid namespace the same number is another process: containers on one volume would see each other as dead.
  if (worker.pidNamespace === null || worker.pidNamespace !== self.pidNamespace) return null;
  return !isThere(worker.pid) || isAnother(worker) ? 'process' : null;
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
function isAnother({ pid, pidStart }: ProcessIdentity): boolean {
  const found = processState(pid);
  if (found === null) return false;
  return (
    found.state === 'Z' || found.state === 'X' || (pidStart !== null && found.start !== pidStart)
  );
}
