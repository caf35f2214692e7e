// setTimeout fires at once beyond 2^31 - 1 ms; a longer wait is made of several.
const longestMs = 24 * 60 * 60 * 1000;

/** Calls back once after any length of time, and keeps the process alive until then; returns its own undoing. */
export function after(ms: number, callback: () => void): () => void {
  const end = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = Math.max(0, end - performance.now());
    timer = setTimeout(leftMs > longestMs ? wait : callback, Math.min(leftMs, longestMs));
  };
  wait();
  return () => clearTimeout(timer);
}
