/** The thread of a watchdog: looks four times a second, asleep in between. */
import { workerData } from 'node:worker_threads';
import { processState } from '../identity.ts';
import { abandoned, killGroup, outOfMemory, report, type Watch } from './watchdog.ts';

const { parentPid, graceMs, frozenMs, memoryLimitMb } = workerData as Watch;
const lookMs = 250;
const bytesPerMb = 1_048_576;
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
let frozenSinceMs = Infinity;

function sleep(ms: number): void {
  Atomics.wait(nobodyWakes, 0, 0, ms);
}

function isOrphan(): boolean {
  return process.ppid !== parentPid;
}

function isTooLarge(): boolean {
  return memoryLimitMb !== null && process.memoryUsage.rss() > memoryLimitMb * bytesPerMb;
}

/** Who is stopped renews no lease, and cannot tell its handlers to stop before others run its jobs. */
function isAbandoned(): boolean {
  if (frozenMs === null) return false;
  const isFrozen = processState(parentPid)?.state === 'T';
  frozenSinceMs = isFrozen ? Math.min(frozenSinceMs, performance.now()) : Infinity;
  return performance.now() - frozenSinceMs >= frozenMs;
}

/** What ends the process, once something does. */
function verdict(): string {
  for (;;) {
    if (isOrphan()) return '';
    if (isTooLarge()) return outOfMemory;
    if (isAbandoned()) return abandoned;
    sleep(lookMs);
  }
}

const lastWord = verdict();
if (lastWord === '') sleep(graceMs);
else report(lastWord);
killGroup();
