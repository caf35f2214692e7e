/** What a service does about the jobs of a process that has ended: it takes them at once, nobody has to notice first. */
import type { WorkerRecord } from '../../core/worker.ts';
import type { StoreHandle } from '../../store/store-handle.ts';
import { processKey } from '../identity.ts';
import { type Death, reap } from '../reap.ts';
import type { ChildEnd } from './child.ts';

export type EndedProcess = Pick<ChildEnd, 'identity' | 'code' | 'signal' | 'wasTold'>;

/** Returns how many jobs run again. Rejects if the database does not answer: then others find out by themselves. */
export async function takeJobs(
  ended: EndedProcess,
  { store, waitMs }: { readonly store: StoreHandle; readonly waitMs: number },
): Promise<number> {
  const key = processKey(ended.identity);
  const all = await store.call('workers', { runningOf: 'lost' }, { waitMs });
  const workers = all.filter((worker) => worker.state !== 'lost' && processKey(worker) === key);
  return workers.length === 0 ? 0 : reap(workers, deathOf(ended, workers), { store, waitMs });
}

/** What was told to stop did not die of its jobs. */
function deathOf(ended: EndedProcess, workers: readonly WorkerRecord[]): Death {
  const wasTold = ended.wasTold || workers.some(({ state }) => state === 'stopping');
  const labels = workers.map(({ label }) => label).join(', ');
  const message = `Worker ${labels} is gone: its process ${ended.identity.pid} ${describeEnd(ended)}`;
  return { loss: wasTold ? 'stopped' : 'died', error: { name: 'WorkerLost', message } };
}

export function describeEnd({ code, signal }: Pick<ChildEnd, 'code' | 'signal'>): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? 'could not be started' : `exited with code ${code}`;
}
