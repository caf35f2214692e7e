/** Who holds the write lock. Linux lists every lock with the inode of its file and the process; elsewhere nobody tells. */
import { readFileSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { type Finding, problem } from '../../doctor.ts';

/** The byte of the -shm that whoever writes has locked: https://sqlite.org/walformat.html#wal_locks */
const writeLockByte = 120;

const longMs = 3000;
const lookMs = 100;

/** Looks for some seconds if there is a holder at all. */
export async function checkLock(path: string): Promise<Finding[]> {
  const holder = holderOf(path);
  if (holder === null) return [];
  for (let looks = 0; looks < longMs / lookMs; looks += 1) {
    await setTimeout(lookMs);
    if (holderOf(path) !== holder) return [];
  }
  const message = `Process ${holder} (${nameOf(holder)}) has held the write lock for over ${longMs / 1000} s`;
  const hint = 'Nobody else can write meanwhile: let it end its transaction, or end the process.';
  return [problem('lock_held', message, { hint })];
}

/** The process that holds the write lock at this moment; null if none does, or nobody tells. */
function holderOf(path: string): number | null {
  const file = statSync(`${path}-shm`, { bigint: true, throwIfNoEntry: false });
  if (file === undefined) return null;
  const lock = locks().find(({ inode, first, last }) => {
    return inode === String(file.ino) && first <= writeLockByte && writeLockByte <= last;
  });
  return lock?.pid ?? null;
}

interface Lock {
  readonly pid: number;
  readonly inode: string;
  readonly first: number;
  readonly last: number;
}

const lockLine =
  /^\d+: POSIX +ADVISORY +WRITE +(?<pid>\d+) [\da-f]+:[\da-f]+:(?<inode>\d+) (?<first>\d+) (?<last>\d+|EOF)$/gmu;

function locks(): Lock[] {
  return [...read('/proc/locks').matchAll(lockLine)].map(({ groups = {} }) => ({
    pid: Number(groups['pid']),
    inode: groups['inode'] ?? '',
    first: Number(groups['first']),
    last: groups['last'] === 'EOF' ? Infinity : Number(groups['last']),
  }));
}

function nameOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim() || 'name unknown';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
