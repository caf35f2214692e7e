/** Why a job does not run, followed to the parents at which the waiting begins. */
import { JobNotFoundError } from '../core/errors.ts';
import type { JobStatus } from '../core/state.ts';
import { label, type Reason } from '../core/reason.ts';
import { explain } from '../core/why.ts';
import type { StoreHandle } from '../store/store-handle.ts';

interface Answer {
  readonly status: JobStatus;
  readonly reasons: readonly Reason[];
}

/** @throws {JobNotFoundError} */
export async function why(store: StoreHandle, id: string): Promise<Answer> {
  const standing = await store.call('standing', id);
  if (standing === null) throw new JobNotFoundError(id);
  const roots = await Promise.all(standing.roots.map((root) => reasonsOf(store, root)));
  return { status: standing.job.status, reasons: [...explain(standing), ...roots.flat()] };
}

/** An ancestor's own reasons, with its name before each. */
async function reasonsOf(store: StoreHandle, id: string): Promise<readonly Reason[]> {
  const standing = await store.call('standing', id);
  if (standing === null) return [];
  return explain(standing).map(({ code, message }) => ({
    code,
    message: `${label(standing.job)}: ${message}`,
  }));
}
