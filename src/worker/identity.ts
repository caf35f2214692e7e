/** Who this process is, in terms that another process on its host can check. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, which boot of the system and which pid namespace it is in; null where nobody tells. */
  readonly pidStart: string | null;
  readonly bootId: string | null;
  readonly pidNamespace: string | null;
}

/** Set by a supervisor for the processes that it starts, to its own pid: those that they start are none of its. */
export const supervisorVariable = 'GIGQ_SUPERVISOR';

/** Whether somebody starts another process when this one ends. */
export function isSupervised(): boolean {
  return process.env[supervisorVariable] === String(process.ppid);
}

/** Without a word: what still runs cannot be ended otherwise. */
export function endProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** What makes two of them the same process, as far as the system tells. */
export function processKey({ host, pid, pidStart, bootId, pidNamespace }: ProcessIdentity): string {
  return JSON.stringify([host, pid, pidStart, bootId, pidNamespace]);
}

let known: ProcessIdentity | null = null;

export function processIdentity(): ProcessIdentity {
  known ??= {
    host: hostname(),
    pid: process.pid,
    pidStart: processState(process.pid)?.start ?? null,
    bootId: readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOrNull(() => readlinkSync('/proc/self/ns/pid')),
  };
  return known;
}

/** What the system says of a process: its state (a letter) and its start; null if it says nothing. */
export function processState(
  pid: number,
): { readonly state: string; readonly start: string } | null {
  const stat = readOrNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name of the program, in brackets, may hold anything, brackets and blanks included.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields?.[0], fields?.[19]];
  return state === undefined || start === undefined ? null : { state, start };
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
