// A worker's inside on a store of one's own making: to see what holds when the store fails, or is silent.
import { EventEmitter } from 'node:events';
import type { TestContext } from 'node:test';
import type { WorkerEvents, WorkerOptions } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import type { StoreHandle } from '../../dist/store/store-handle.js';
import type { Input, Operation, Reply } from '../../dist/store/store.js';
import { Announcer } from '../../dist/worker/events.js';
import { settingsOf } from '../../dist/worker/options.js';
import { Session } from '../../dist/worker/session.js';
import { loadTasks } from '../../dist/worker/task-loader.js';
import type { Place } from './worker-place.ts';

export interface Inside {
  readonly session: Session;
  readonly events: EventEmitter<WorkerEvents>;
}

/** Starts a session on the store; it is stopped when the test is over. */
export async function startSession(
  t: TestContext,
  store: StoreHandle,
  options: WorkerOptions = {},
): Promise<Inside> {
  const settings = settingsOf(options);
  const events = new EventEmitter<WorkerEvents>();
  const announcer = new Announcer(events, settings.logger);
  const tasks = await loadTasks(options.tasks, settings.logger);
  const session = new Session({ store, settings, tasks, announcer });
  await session.open();
  const run = session.run({ jobs: Infinity, untilIdle: false });
  t.after(async () => {
    await session.stop(0);
    await run.catch(() => undefined);
  });
  return { session, events };
}

type Call = <O extends Operation>(
  op: O,
  input: Input<O>,
  pass: () => Promise<Reply<O>>,
) => Promise<Reply<O>>;

/**
 * The store of the place without its events, so that no claim may wait for one: what is left is polling. Calls can be
 * tampered with.
 */
export function mutedStore(
  { queue }: Place,
  tamper: Call = (_op, _input, pass) => pass(),
): StoreHandle {
  const store = storeOf(queue).sibling();
  return {
    call: (op, input, options) =>
      tamper(op, input, () => store.call(op, withoutWaiting(op, input), options)),
    subscribe: () => () => {},
    sibling: () => store.sibling(),
    close: () => store.close(),
  };
}

function withoutWaiting<O extends Operation>(op: O, input: Input<O>): Input<O> {
  return op === 'claim' ? ({ ...(input as object), waits: false } as unknown as Input<O>) : input;
}
