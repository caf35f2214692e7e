// The files of the peers that keep their jobs in SQLite.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepared } from '../peer.ts';

export function databaseFile(name: string): string {
  return join(prepared('BENCH_PEER_DATA'), `${name}.db`);
}

export function removeDatabase(file: string): void {
  mkdirSync(prepared('BENCH_PEER_DATA'), { recursive: true });
  for (const suffix of ['', '-wal', '-shm', '-journal', '-wake', '-turn']) {
    rmSync(file + suffix, { force: true });
  }
}
