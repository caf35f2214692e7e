/** How long somebody waits: a time-out, a signal, both or neither. */
import type { Duration } from '../core/duration.ts';
import { durationMs } from '../core/duration.ts';
import { WaitTimeoutError } from '../core/errors.ts';
import { after } from './long-timer.ts';
import { abortSignal, type Checks, durationOption } from './options.ts';

/** How long to wait for a result. */
export interface WaitOptions {
  /** Default: for ever. '0s' asks once. */
  timeout?: Duration;
  signal?: AbortSignal;
}

export const waitChecks: Checks<WaitOptions> = { timeout: durationOption, signal: abortSignal };

/** Someone may ask for no time at all: the store is heard once all the same, if it answers within this. */
const firstLookMs = 1000;

export interface WaitLimit {
  /** Rejects when the waiting is over; never resolves. */
  readonly reached: Promise<never>;
  clear(): void;
}

/** `looked` resolves when the store was asked for the first time; `subject` begins the message: 'Job 0198…'. */
export function waitLimit(
  { timeout, signal }: WaitOptions,
  looked: Promise<void>,
  subject: string,
): WaitLimit {
  const { promise, reject } = Promise.withResolvers<never>();
  const timers: (() => void)[] = [];
  const abort = (): void => reject(signal?.reason);
  const give = (): void =>
    reject(new WaitTimeoutError(`${subject} has not ended after ${timeout}`));
  const expire = (): void => {
    timers.push(after(firstLookMs, give));
    void looked.then(give);
  };
  if (timeout !== undefined) timers.push(after(durationMs(timeout, 'timeout'), expire));
  signal?.addEventListener('abort', abort);
  return {
    reached: promise,
    clear: () => {
      for (const cancel of timers) cancel();
      signal?.removeEventListener('abort', abort);
    },
  };
}
