/** Starts the worker processes and stops them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const script = join(import.meta.dirname, 'worker.ts');

export class WorkerProcesses {
  readonly #children: readonly ChildProcess[];
  readonly #exits: readonly Promise<unknown>[];

  constructor(database: string, count: number) {
    this.#children = Array.from({ length: count }, () => start(database));
    this.#exits = this.#children.map((child) => once(child, 'exit'));
  }

  /** Rejects once none of them is left. One alone is replaced by the others: they run its jobs again. */
  async failure(): Promise<never> {
    await Promise.all(this.#exits);
    throw new Error('All worker processes have ended before their work was done');
  }

  /** Asks them to stop; resolves when they have ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    for (const child of this.#children) child.kill(signal);
    await Promise.all(this.#exits);
  }
}

// In a process group of its own, so that a Ctrl-C in the terminal reaches it once, through this process.
function start(database: string): ChildProcess {
  return fork(script, [database], { detached: true });
}
