/** Many worker processes, kept alive until they are stopped. */
import type { ServiceOptions } from '../index.ts';
import { failed } from './failure.ts';
import { talk } from './output.ts';
import { redact } from './redact.ts';

export async function runService(database: string, options: ServiceOptions): Promise<void> {
  const { supervise } = await import('../index.ts');
  const service = supervise(database, options);
  const done = service.done.catch((error: unknown) => {
    throw failed(error);
  });
  const { length } = service.pids;
  await talk(`Worker processes started: ${length}, on ${redact(database)}`);
  await done;
}
