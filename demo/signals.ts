/** Ctrl-C, or whatever else asks the demo to stop. */
const signals = ['SIGINT', 'SIGTERM'] as const;
type StopSignal = (typeof signals)[number];

/** The reason of the abort. */
export class Interrupted extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`Interrupted by ${signal}`);
    this.signal = signal;
  }
}

// npm passes on a Ctrl-C that the terminal has delivered already: two signals at once are one.
const sameMs = 1000;

/** Aborts at the first signal; a second one ends the process at once. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const stop = (signal: StopSignal): void => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > sameMs) endBy(signal);
    else controller.abort(new Interrupted(signal));
  };
  for (const signal of signals) process.on(signal, stop);
  return controller.signal;
}

/** Ends this process the way the signal would have, so that a shell and npm know why. */
export function endBy(signal: StopSignal): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
