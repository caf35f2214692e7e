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

const deadlineMs = 20_000;
const lookMs = 10;

/** Resolves with what is found once it is there; looks again and again until then, for 20 s at most unless told. */
export async function found<T>(
  look: () => T | Promise<T>,
  what: string,
  withinMs = deadlineMs,
): Promise<NonNullable<T>> {
  const endMs = performance.now() + withinMs;
  while (performance.now() < endMs) {
    const result = await look();
    if (result !== undefined && result !== null && result !== false) return result;
    await pause(lookMs);
  }
  throw new Error(`Waited in vain for ${what}`);
}
