// Other processes and threads for tests of stores, ended with the test that started them.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Action, ChildInput } from './store-child.ts';
import type { Scope } from './store-seam.ts';

const script = join(import.meta.dirname, 'store-child.ts');

/** What has come of a promise after so many milliseconds: an error if nothing has. */
export async function within<T>(ms: number, promise: Promise<T>, what = 'the promise'): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} took over ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sets the pace of a load; never to wait for something. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The process runs one action of store-child.ts. */
export class Child {
  /** The code with which it ended, or the signal. */
  readonly ended: Promise<number | string | null>;
  readonly #process: ChildProcess;
  readonly #messages: unknown[] = [];
  #arrived = Promise.withResolvers<void>();

  constructor(scope: Scope, action: Action, input: ChildInput) {
    const args = [action, JSON.stringify(input)];
    this.#process = fork(script, args, {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message) => {
      this.#messages.push(message);
      this.#arrived.resolve();
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => resolve(code ?? signal));
    });
    scope.after(() => this.kill());
  }

  /** The next message of the process. */
  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      const arrived = Promise.race([this.#arrived.promise, this.ended.then(() => 'ended')]);
      const isOver = (await within(30_000, arrived, 'the other process')) === 'ended';
      if (isOver && this.#messages.length === 0) throw new Error('The other process has ended');
      this.#arrived = Promise.withResolvers();
    }
    return this.#messages.shift();
  }

  /** Ends the process on the spot. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  tell(message: string): void {
    this.#process.send(message);
  }
}
