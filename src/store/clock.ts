/** The real clock. Everything below `store/open.ts` takes its time from a Clock, so that tests can own it. */
import type { Clock } from './store.ts';

/** Node fires at once what is set for later than this: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimerMs = 86_400_000;

export const systemClock: Clock = {
  wall: () => Date.now(),
  // Not performance.now(), which each thread counts from its own start.
  mono: () => Number(process.hrtime.bigint()) / 1e6,
  timer: startTimer,
};

/** Timers beyond a day are chained, for Node could not hold them. */
function startTimer(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    const step = Math.min(left, longestTimerMs);
    timer = setTimeout(() => {
      if (left > step) wait(left - step);
      else callback();
    }, step);
    timer.unref();
  };
  wait(Math.max(0, ms));
  return () => {
    clearTimeout(timer);
  };
}
