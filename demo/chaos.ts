/** Kills a worker process every few seconds: the report is to be the same. */
import { setTimeout } from 'node:timers/promises';
import type { Service } from 'gigq';

const firstMs = 1000;
const everyMs = 3000;

/** Goes on until the signal aborts; tells each time. */
export async function causeChaos(
  service: Service,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await setTimeout(firstMs, undefined, { signal });
    for (;;) {
      killOne(service, say);
      await setTimeout(everyMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function killOne({ pids }: Service, say: (text: string) => void): void {
  const pid = pids[Math.floor(Math.random() * pids.length)];
  if (pid === undefined) return;
  process.kill(pid, 'SIGKILL');
  say(`Killed worker process ${pid} without a word`);
}
