/** Workers, their heartbeats, and what they hold. */
import { limits } from '../../core/limits.ts';
import type { NewWorker } from '../../core/worker.ts';
import { type Row, toLease } from '../rows.ts';
import type { Leases, WorkerKey } from '../store.ts';
import { claimedFrom } from './claiming.ts';
import { type Asynchronous, type Context, sending } from './context.ts';
import type { ClaimedRow } from './inputs.ts';

/** How long a worker that was held for dead can still be seen. */
const forgetAfterMs = 86_400_000;

export function leases(context: Context): Asynchronous<keyof Leases> {
  const { connection } = context;
  return {
    register: (worker) => register(context, worker),
    async renew({ instance, epoch, stopping }) {
      const beat = { instance, epoch, stopping: Number(stopping) };
      return (await sending(context, connection.get('renew', beat))) !== undefined;
    },
    async leave({ instance, epoch }) {
      context.fronts.forget(instance);
      await Promise.all([
        connection.all('leave', { instance, epoch }),
        forget(context, { instance, epoch }),
      ]);
    },
    held: async (request) => (await sending(context, held(context, request))).map(toLease),
    async expired({ instance, epoch, beat }) {
      const row = await connection.get('holdForDead', { instance, epoch, beat });
      if (row === undefined) return [];
      const all = { instance, epoch, tokens: null, limit: limits.pageSizeMax };
      const rows = await connection.all('runningJobs', all);
      return claimedFrom(context, rows as unknown as readonly ClaimedRow[]);
    },
  };
}

type HeldRequest = Parameters<Leases['held']>[0];

function held(
  { connection }: Context,
  { instance, epoch, among }: HeldRequest,
): Promise<readonly Row[]> {
  if (among === undefined) return connection.all('held', { instance, epoch });
  const [seqs, tokens] = [among.map(({ seq }) => seq), among.map(({ token }) => token)];
  return connection.all('heldAmong', { instance, epoch, seqs, tokens });
}

async function register(context: Context, worker: NewWorker): Promise<WorkerKey> {
  const { connection } = context;
  const { instance } = worker;
  const [, row] = await Promise.all([
    connection.all('retireWorker', { instance }),
    connection.get('registerWorker', {
      ...worker,
      queues: worker.queues === null ? null : JSON.stringify(worker.queues),
      tasks: JSON.stringify(worker.tasks),
      processTasks: JSON.stringify(worker.processTasks),
      moduleTasks: JSON.stringify(worker.moduleTasks),
    }),
  ]);
  const epoch = Number(row?.['epoch']);
  await forget(context, { instance, epoch: epoch - 1 });
  return { instance, epoch };
}

async function forget({ connection }: Context, { instance, epoch }: WorkerKey): Promise<void> {
  await connection.all('forgetWorkers', { instance, epoch, forgetAfterMs });
}
