// The raw limit on SQLite by way of another thread: the same statements, one job a transaction, each asked for by a message and
// waited for. What is between this and the statements by themselves is what a database on a thread of its own costs at least.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Beside } from './figures.ts';
import type { Durability, Settings } from './settings.ts';

const name = 'the same statements by hand, in a thread of their own';

type Taken = Readonly<Record<string, readonly number[]>>;

/** To be taken in turn with others, where the store has a thread that waits for the disk. */
export function inThread(
  { store }: Settings,
  asked: Asked,
): Readonly<Record<string, () => Promise<number>>> {
  return store === 'sqlite' ? { [name]: () => rate(asked) } : {};
}

/** What was taken so, to stand beside gigq's figure. */
export function besideInThread(taken: Taken): Beside[] {
  return name in taken ? [{ name, rounds: taken[name] ?? [] }] : [];
}

export interface Asked {
  readonly what: 'submit' | 'drain';
  readonly jobs: number;
  readonly durability: Durability;
}

/** Jobs a second. */
async function rate(asked: Asked): Promise<number> {
  const program = new URL('raw-thread-program.ts', import.meta.url);
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  const thread = new Worker(program, { workerData: asked, execArgv });
  await once(thread, 'message');
  const began = performance.now();
  await untilOver(thread);
  const seconds = (performance.now() - began) / 1000;
  await thread.terminate();
  return asked.jobs / seconds;
}

function untilOver(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.on('error', reject);
    thread.on('message', (answer: unknown) => {
      if (answer === undefined) resolve();
      else thread.postMessage('next');
    });
    thread.postMessage('next');
  });
}
