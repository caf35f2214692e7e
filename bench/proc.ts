// What the kernel and the WAL tell of processes and of a database, without asking either of them. Linux only.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export const isLinux = existsSync('/proc/self/schedstat');

/** Milliseconds that all threads of a process have been running. */
export function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(tasks).map((thread) =>
    Number(readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((total, each) => total + each, 0) / 1e6;
}

export interface Writes {
  readonly commits: number;
  /** Of which so many are heartbeats. */
  readonly beats: number;
}

/**
 * The write transactions in the WAL so far: between two calls there must be no checkpoint that empties it. This process must
 * not have the database open, for reading its files would drop the locks.
 */
export function writesIn(database: string): Writes {
  const commits = commitsIn(readFileSync(`${database}-wal`));
  const reader = new DatabaseSync(database, { readOnly: true });
  const row = reader.prepare('SELECT total(beat) AS beats FROM gigq_workers').get();
  reader.close();
  return { commits, beats: Number(row?.['beats']) };
}

/** Every frame of the WAL's present generation that ends a transaction. */
export function commitsIn(wal: Buffer): number {
  const header = 32;
  const frameHeader = 24;
  if (wal.length < header) return 0;
  const frame = frameHeader + wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  let commits = 0;
  for (let at = header; at + frame <= wal.length; at += frame) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    if (wal.readUInt32BE(at + 4) !== 0) commits += 1;
  }
  return commits;
}
