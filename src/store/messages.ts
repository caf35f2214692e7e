/** What crosses the keeper's border, as plain data. */
import type { PlainError } from '../core/errors.ts';
import type { Durability } from '../core/limits.ts';
import type { PackedReply, PackedUnit } from './packing.ts';
import type { Interest, StoreEvent } from './store.ts';

export interface KeeperOptions {
  readonly database: string;
  readonly initialize: boolean;
  readonly durability?: Durability;
}

export type ToKeeper =
  /** Units are numbered in the order in which they were sent, from `first` on. */
  | { readonly type: 'run'; readonly first: number; readonly units: readonly PackedUnit[] }
  | { readonly type: 'interest'; readonly interest: Interest; readonly wanted: boolean }
  | { readonly type: 'close' };

export type PlainAnswer =
  | { readonly ok: true; readonly reply: PackedReply }
  | { readonly ok: false; readonly error: PlainError };

export type FromKeeper =
  | { readonly type: 'answers'; readonly answers: readonly (readonly [number, PlainAnswer])[] }
  | { readonly type: 'event'; readonly event: StoreEvent };
