/** The thread of a watchdog: looks four times a second, asleep in between. */
import { workerData } from 'node:worker_threads';
import { killGroup, outOfMemory, report, type Watch } from './watchdog.ts';

const { parentPid, graceMs, memoryLimitMb } = workerData as Watch;
const lookMs = 250;
const bytesPerMb = 1_048_576;
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(nobodyWakes, 0, 0, ms);
}

function isOrphan(): boolean {
  return process.ppid !== parentPid;
}

function isTooLarge(): boolean {
  return memoryLimitMb !== null && process.memoryUsage.rss() > memoryLimitMb * bytesPerMb;
}

while (!isOrphan() && !isTooLarge()) sleep(lookMs);
if (isOrphan()) sleep(graceMs);
else report(outOfMemory);
killGroup();
