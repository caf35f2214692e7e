/** Removing jobs that have ended, chunk by chunk. */
import { type Duration, durationMs } from '../core/duration.ts';
import type { StoreHandle } from '../store/store-handle.ts';
import type { PruneRequest } from '../store/store.ts';
import { checkOptions, type Checks, durationOption, instant } from './options.ts';

export interface ClearOptions {
  before?: Date | Duration;
}

const clearChecks: Checks<ClearOptions> = {
  before: (value, name) => (value instanceof Date ? instant : durationOption)(value, name),
};

/** @throws {GigqError} `invalid_option`, `invalid_duration` */
export function limitOf(options: ClearOptions): PruneRequest['before'] {
  checkOptions(clearChecks, options, 'clearCompleted()');
  const { before } = options;
  if (before === undefined) return null;
  return before instanceof Date
    ? { atMs: before.getTime() }
    : { agoMs: durationMs(before, 'before') };
}

/** Removes all that ended before; tells how many they were. */
export async function clear(store: StoreHandle, before: PruneRequest['before']): Promise<number> {
  let removed = 0;
  let after: number | null = null;
  do {
    const chunk: { removed: number; next: number | null } = await store.call('prune', {
      before,
      after,
    });
    removed += chunk.removed;
    after = chunk.next;
  } while (after !== null);
  return removed;
}
