/** Signals while a worker runs only some jobs; `start` looks after its own. */
import { constants } from 'node:os';
import type { Worker } from '../index.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** The first signal lets the worker's jobs end, a second one ends the process. Returns the way to undo it. */
export function stopOnSignal(worker: Worker): () => void {
  const release = (): void => {
    for (const signal of signals) process.off(signal, stop);
  };
  const stop = (): void => {
    release();
    if (process.pid === 1) for (const signal of signals) process.once(signal, endBy);
    void worker.stop();
  };
  for (const signal of signals) process.on(signal, stop);
  return release;
}

/** The first process of a container is spared by the signals that it does not handle. */
function endBy(signal: (typeof signals)[number]): void {
  process.exit(128 + constants.signals[signal]);
}
