// What the bench `isolation` runs in threads and processes.
import { task } from 'gigq';
import { type params, result } from './data.ts';

export const inThread = task(
  'in-thread',
  { isolation: 'thread' },
  async (_: typeof params) => result,
);

export const inProcess = task(
  'in-process',
  { isolation: 'process' },
  async (_: typeof params) => result,
);
