/** Milliseconds that only go on, and that all threads of a process count alike, which `performance.now()` are not. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
