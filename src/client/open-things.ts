/** What this process has opened and not closed yet, so that it can all be closed at once. */
import { processWide } from './process-wide.ts';

/** A queue, a worker or a service. */
export interface Closeable {
  close(): Promise<void>;
}

// Workers, and services, are closed first: the handlers that they wait for may still use a queue.
const kinds = ['worker', 'queue'] as const;
type Kind = (typeof kinds)[number];

const open = processWide('open', () => ({
  worker: new Set<Closeable>(),
  queue: new Set<Closeable>(),
}));

export function trackOpen(thing: Closeable, kind: Kind = 'worker'): void {
  open[kind].add(thing);
}

export function untrackOpen(thing: Closeable): void {
  for (const kind of kinds) open[kind].delete(thing);
}

/**
 * Closes every queue, worker and service that this process opened: first the workers and services, which let their
 * running jobs end until their deadline, then the queues.
 *
 * @throws What the one that could not be closed threw; an AggregateError if they were several. The others are
 * closed all the same.
 * @example
 * await closeConnections();
 */
export async function closeConnections(): Promise<void> {
  const failures: unknown[] = [];
  for (const kind of kinds) failures.push(...(await closeAll(open[kind])));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, 'Some could not be closed');
}

async function closeAll(things: ReadonlySet<Closeable>): Promise<unknown[]> {
  const closings = await Promise.allSettled([...things].map((thing) => thing.close()));
  const failed = closings.filter((closing) => closing.status === 'rejected');
  return failed.map(({ reason }): unknown => reason);
}
