/** Signals while a worker runs only some jobs; `start` looks after its own. */
import type { Worker } from '../index.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** The first signal lets the worker's jobs end, a second one ends the process. Returns the way to undo it. */
export function stopOnSignal(worker: Worker): () => void {
  const release = (): void => {
    for (const signal of signals) process.off(signal, stop);
  };
  const stop = (): void => {
    release();
    void worker.stop();
  };
  for (const signal of signals) process.on(signal, stop);
  return release;
}
