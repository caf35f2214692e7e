/** Workers, their heartbeats, and what they hold. */
import { limits } from '../../core/limits.ts';
import type { NewWorker } from '../../core/worker.ts';
import type { Leases, WorkerKey } from '../store.ts';
import type { Context } from './context.ts';
import { type HeldRow, toLease } from '../rows.ts';
import { claimedFrom } from './claiming.ts';

/** How long a worker that was held for dead can still be seen. */
const forgetAfterMs = 86_400_000;

export function leases(context: Context): Leases {
  const { connection, clock } = context;
  return {
    register: (worker) => register(context, worker),
    renew({ instance, epoch, stopping }) {
      const beat = { instance, epoch, stopping: Number(stopping), now: clock.wall() };
      return connection.run('renew', beat) === 1;
    },
    leave({ instance, epoch }) {
      connection.run('leave', { instance, epoch, now: clock.wall() });
      forget(context, { instance, epoch });
    },
    held({ instance, epoch, among }) {
      const worker = connection.get('liveWorker', { instance, epoch })?.['id'];
      if (worker === undefined) return [];
      const all = connection.all('held', { worker: Number(worker) }).map(toLease);
      const asked = new Set(among?.map(({ token }) => token));
      return among === undefined ? all : all.filter(({ token }) => asked.has(token));
    },
    expired({ instance, epoch, beat }) {
      const row = connection.get('holdForDead', { instance, epoch, beat, now: clock.wall() });
      if (row === undefined) return [];
      const held = { worker: Number(row['id']), limit: limits.pageSizeMax };
      return connection
        .all('runningJobs', held)
        .map((job) => claimedFrom(context, job as unknown as HeldRow));
    },
  };
}

function register(context: Context, worker: NewWorker): WorkerKey {
  const { connection } = context;
  const { instance } = worker;
  const now = context.clock.wall();
  const epoch = Number(connection.get('nextEpoch', { instance })?.['epoch']);
  connection.run('retireWorker', { instance, now });
  connection.run('registerWorker', {
    ...worker,
    epoch,
    queues: worker.queues === null ? null : JSON.stringify(worker.queues),
    tasks: JSON.stringify(worker.tasks),
    processTasks: JSON.stringify(worker.processTasks),
    moduleTasks: JSON.stringify(worker.moduleTasks),
    now,
  });
  forget(context, { instance, epoch: epoch - 1 });
  return { instance, epoch };
}

function forget(context: Context, { instance, epoch }: WorkerKey): void {
  const forgetBefore = context.clock.wall() - forgetAfterMs;
  context.connection.run('forgetWorkers', { instance, epoch, forgetBefore });
}
