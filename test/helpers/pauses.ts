// Moments that pass, for handlers that take some time; also in programs that are no tests.

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    later(ms, resolve);
  });
}

/** A pause that a signal ends early, by its reason, and that then leaves nothing behind to keep a process alive. */
export function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

export function later(ms: number, act: () => void): void {
  setTimeout(act, ms);
}
