/**
 * What client and worker hold of a store: one caller of it. Calls made during one turn of the event loop reach the
 * store together, whoever made them, so that they share a message and a commit.
 */
import { GigqError } from '../core/errors.ts';
import { defaults } from '../core/limits.ts';
import type {
  Answer,
  Input,
  Interest,
  Operation,
  Reply,
  Store,
  StoreEvent,
  Unit,
} from './store.ts';

export interface CallOptions {
  /** How long the call may wait for the database; default 30 s. */
  readonly waitMs?: number;
}

export interface StoreHandle {
  /** Rejects with what the store says; once the handle is closed, with `queue_closed`. */
  call<O extends Operation>(op: O, input: Input<O>, options?: CallOptions): Promise<Reply<O>>;
  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void;
  /** Another caller of the same store, closed on its own. */
  sibling(): StoreHandle;
  /** Waits for the calls in progress; the last handle closes the store. */
  close(): Promise<void>;
}

interface Call {
  readonly unit: Unit;
  readonly answered: (answer: Answer) => void;
}

/** A store and those who hold it; it is closed with the last of them. */
export class SharedStore {
  readonly #store: Store;
  readonly #onUnused: () => void;
  readonly #handles = new Set<StoreHandle>();
  #outbox: Call[] = [];
  #callers = 0;
  #unanswered = 0;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(store: Store, onUnused: () => void) {
    this.#store = store;
    this.#onUnused = onUnused;
  }

  handle(): StoreHandle {
    this.#callers += 1;
    const handle = new Handle(this, this.#callers);
    this.#handles.add(handle);
    return handle;
  }

  send(call: Call): void {
    if (this.#outbox.length === 0)
      setImmediate(() => {
        this.#flush();
      });
    this.#outbox.push(call);
    this.#count(1);
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    return this.#store.subscribe(interest, listener);
  }

  async release(handle: StoreHandle): Promise<void> {
    if (!this.#handles.delete(handle) || this.#handles.size > 0) return;
    this.#onUnused();
    await this.#store.close();
  }

  #flush(): void {
    const calls = this.#outbox;
    this.#outbox = [];
    const units = calls.map(({ unit }) => unit);
    this.#store.run(units, (place, answer) => {
      this.#count(-1);
      calls[place]?.answered(answer);
    });
  }

  /** Calls in progress keep the process alive; an open store does not. */
  #count(change: number): void {
    this.#unanswered += change;
    if (this.#unanswered === 0) this.#keepAlive?.unref();
    else if (this.#keepAlive === undefined) this.#keepAlive = setInterval(() => undefined, 2 ** 30);
    else this.#keepAlive.ref();
  }
}

class Handle implements StoreHandle {
  readonly #shared: SharedStore;
  readonly #caller: number;
  #unanswered = 0;
  #whenAnswered: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(shared: SharedStore, caller: number) {
    this.#shared = shared;
    this.#caller = caller;
  }

  call<O extends Operation>(op: O, input: Input<O>, options: CallOptions = {}): Promise<Reply<O>> {
    if (this.#closed !== undefined) return Promise.reject(closedError());
    const { waitMs = defaults.busyMs } = options;
    const unit = { op, input, caller: this.#caller, waitMs } as unknown as Unit;
    this.#unanswered += 1;
    return new Promise((resolve, reject) => {
      const answered = (answer: Answer): void => {
        if (answer.ok) resolve(answer.reply as Reply<O>);
        else reject(errorOf(answer));
        this.#unanswered -= 1;
        if (this.#unanswered === 0) this.#whenAnswered?.();
      };
      this.#shared.send({ unit, answered });
    });
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    return this.#shared.subscribe(interest, listener);
  }

  sibling(): StoreHandle {
    return this.#shared.handle();
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    if (this.#unanswered > 0) {
      await new Promise<void>((resolve) => {
        this.#whenAnswered = resolve;
      });
    }
    await this.#shared.release(this);
  }
}

function closedError(): GigqError {
  return new GigqError('queue_closed', 'This queue has been closed');
}

function errorOf({ error }: Extract<Answer, { ok: false }>): Error {
  return error instanceof Error ? error : new Error(String(error));
}
