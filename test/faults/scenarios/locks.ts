// Somebody holds the write lock for many times as long as a lease.
import assert from 'node:assert/strict';
import { pause } from '../../helpers/pauses.ts';
import type { WorkerProcess } from '../../helpers/worker-process.ts';
import type { Arena } from '../arena.ts';
import { type Line, runsIn } from '../history.ts';

const goesOnWithinMs = 2000;
/** Four leases at least, and less than a submit waits. */
const frozenMs = { least: 9000, most: 20_000 };

/** The holder is frozen while it holds the lock. */
export async function frozenLock(arena: Arena): Promise<void> {
  const { workers, release } = await lockedAtWork(arena, 'frozen');
  const client = arena.client({ name: 'during', shape: 'single', calls: 5, ms: 100 });
  await pause(Math.min(frozenMs.least * arena.run.size, frozenMs.most));
  assertNobodyIsAcked(arena);
  await release();
  await goesOn(arena, [...workers, client]);
  await client.said('done');
  await allRanOnce(arena, workers);
}

/** The lock is held for longer than a submit waits. */
export async function lockPastDeadline(arena: Arena): Promise<void> {
  const { workers, release } = await lockedAtWork(arena, 'awake');
  const client = arena.client({ name: 'during', shape: 'single', calls: 1, ms: 100 });
  await arena.until(() => arena.lines('refused', client).length > 0, 'the refusal', 50_000);
  const [submit, refused] = [arena.lines('submit', client)[0], arena.lines('refused', client)[0]];
  assert.equal(refused?.what, 'database_busy');
  const tookMs = (refused?.mono ?? 0) - (submit?.mono ?? 0);
  assert.ok(
    tookMs > 29_900 && tookMs < 33_000 + arena.slackMs,
    `it was refused after ${tookMs} ms`,
  );
  await release();
  await goesOn(arena, workers);
  await allRanOnce(arena, workers);
}

interface AtWork {
  readonly workers: readonly WorkerProcess[];
  release(): Promise<void>;
}

/** Two workers with jobs in hand and more to do, and a lock that somebody else has. */
async function lockedAtWork(arena: Arena, how: 'frozen' | 'awake'): Promise<AtWork> {
  const workers = await arena.workers(2, { leaseDuration: '2s', concurrency: 5 });
  await arena.submit('before', 10, 6000);
  await arena.until(() => arena.lines('began').length === 10, 'ten runs');
  const release = await arena.holdLock(how);
  return { workers, release };
}

function heldLine(arena: Arena): Line {
  return arena.lines('held')[0] ?? assert.fail('nobody holds the lock');
}

function assertNobodyIsAcked(arena: Arena): void {
  const { mono } = heldLine(arena);
  const acked = arena.lines('acked').filter((line) => line.mono > mono);
  assert.deepEqual(acked, [], 'nothing can be stored now');
  const open = runsIn(arena.history).filter(({ outcome }) => outcome !== 'ok');
  assert.deepEqual(open, [], 'running jobs go on');
}

async function goesOn(arena: Arena, who: readonly WorkerProcess[]): Promise<void> {
  const after = (): readonly Line[] => {
    const freedMs = arena.lines('freed')[0]?.mono ?? Infinity;
    return [...arena.lines('told'), ...arena.lines('acked')].filter(({ mono }) => mono > freedMs);
  };
  const since = (pid: number): Line | undefined => after().find((line) => line.pid === pid);
  await arena.until(() => who.every(({ pid }) => since(pid)), 'all to go on');
  for (const { pid } of who) {
    const tookMs = (since(pid)?.mono ?? 0) - (arena.lines('freed')[0]?.mono ?? 0);
    assert.ok(tookMs < goesOnWithinMs + arena.slackMs, `process ${pid} went on after ${tookMs} ms`);
  }
}

async function allRanOnce(arena: Arena, workers: readonly WorkerProcess[]): Promise<void> {
  await arena.allEnded();
  arena.verify({ leaseMs: Infinity });
  const { executions, jobs } = arena.records;
  assert.equal(executions.length, jobs.length, 'every job ran once');
  assert.deepEqual(arena.lines('lost'), [], 'nobody was swept');
  for (const { child } of workers) assert.equal(child.exitCode, null, 'no worker ended');
}
