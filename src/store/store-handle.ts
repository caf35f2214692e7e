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
  call<O extends Operation>(op: O, input: Input<O>, options?: CallOptions): Promise<Reply<O>>;
  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void;
  /** Another caller of the same store, closed on its own. */
  sibling(): StoreHandle;
  /** Waits for the calls in progress; the last handle closes the store. */
  close(): Promise<void>;
}
