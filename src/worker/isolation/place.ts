/** Where the handler of a job runs. */
import type { TaskDefinition } from '../../client/registry.ts';
import type { ClaimedJob } from '../../core/job.ts';

/** A kind of process or thread. Of one kind, any is as good as any other. */
export interface Place {
  readonly kind: 'process' | 'thread';
  /** Limits of the JavaScript heap, and of all memory; null: none of gigq's. */
  readonly heapMb: number | null;
  readonly totalMb: number | null;
}

/**
 * The place for a job; null: on the worker's own event loop. `isModule`: another process can import the task. A suspect
 * runs in a process whatever its task says, and there only its heap is limited if its task has a limit for a thread.
 */
export function placeOf(
  { options }: Pick<TaskDefinition, 'options'>,
  { suspect }: Pick<ClaimedJob, 'suspect'>,
  isModule: boolean,
): Place | null {
  if (!isModule) return null;
  const { isolation = 'inline', memoryLimitMb } = options;
  const limit = memoryLimitMb ?? null;
  if (isolation === 'process') return { kind: 'process', heapMb: limit, totalMb: limit };
  if (suspect) return { kind: 'process', heapMb: limit, totalMb: null };
  return isolation === 'thread' ? { kind: 'thread', heapMb: limit, totalMb: null } : null;
}
