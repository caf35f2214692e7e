// A worker on PostgreSQL that has found all that it asked for, time and again: what it asks for is sent in one piece.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { decide, type Outcome } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import { systemClock } from '../../dist/store/clock.js';
import { openPostgresStore } from '../../dist/store/postgres/postgres-store.js';
import { Proxy } from './postgres-proxy.ts';
import { freshSchema } from './store-postgres.ts';
import {
  completed,
  newJobs,
  noSuspects,
  replyOf,
  runAll,
  Seam,
  type SeamWorker,
  slots,
  unit,
} from './store-seam.ts';

export interface Opened {
  readonly seam: Seam;
  readonly proxy: Proxy;
  readonly schema: string;
}

export async function opened(t: TestContext): Promise<Opened> {
  const { address: direct, schema } = await freshSchema();
  const { proxy, address } = await Proxy.before(direct);
  const store = await openPostgresStore(address, { clock: systemClock, initialize: true });
  t.after(() => store.close());
  return { seam: new Seam(store, systemClock as never), proxy, schema };
}

/** A worker that has got as many jobs as it asked for, ten times in a row. */
export async function busy(seam: Seam): Promise<SeamWorker> {
  const worker = await seam.worker();
  await getMany(worker, seam, 10);
  return worker;
}

/** Gets as many jobs as it asks for, so many times in a row; of 60, none is step by step in the end. */
export async function getMany(worker: SeamWorker, seam: Seam, times: number): Promise<void> {
  const jobs = newJobs(times).map((job) => ({ ...job, id: `${job.id} of ${randomUUID()}` }));
  await seam.enqueue(...jobs);
  for (const _ of jobs) await worker.end(await worker.takeOne(), completed);
}

/** Settles a job and claims the next ones in one transaction. */
export async function endAndTake(
  seam: Seam,
  worker: SeamWorker,
  { job, count, how = completed }: { job: ClaimedJob; count: number; how?: Outcome },
): Promise<readonly string[]> {
  const claim = { worker: worker.key, tasks: ['greet'], queues: null, ...noSuspects };
  const answers = await runAll(seam.store, [
    unit('settle', [decide(job, how, 0)]),
    unit('claim', { ...claim, slots: slots(count) }),
  ]);
  assert.deepEqual(replyOf(answers[0], 'settle'), ['settled']);
  return replyOf<'claim'>(answers[1]).jobs.map(({ id }) => id);
}
