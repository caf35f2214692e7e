// What comes back out of a job.
import {
  type ErrorCode,
  Job,
  type JobHandle,
  type JobInfo,
  JobQueue,
  JobStatus,
  type Stored,
  task,
  type Task,
} from 'gigq';
import { z } from 'zod';
import { expectType, type Same } from './expect-type.ts';

const queue = new JobQueue(':memory:');

// ── Stored: JSON's view of a value ──────────────────────────────────────────────────────────────

expectType<Same<Stored<string>, string>>();
expectType<Same<Stored<Date>, string>>();
expectType<Same<Stored<{ at: Date; n: number }>, { at: string; n: number }>>();
expectType<Same<Stored<Date[]>, string[]>>();
expectType<Same<Stored<void>, null>>();
expectType<Same<Stored<undefined>, null>>();
expectType<Same<Stored<unknown>, unknown>>();
expectType<Same<Stored<ReturnType<typeof JSON.parse>>, ReturnType<typeof JSON.parse>>>();
// @ts-expect-error what comes back is no Date
expectType<Same<Stored<Date>, Date>>();

// ── results follow from the handler ─────────────────────────────────────────────────────────────

const page = task('page', async ({ url }: { url: string }) => ({ url, at: new Date() }));
expectType<Same<typeof page, Task<{ url: string }, { url: string }, { url: string; at: Date }>>>();

const handle = await page.submit(queue, { url: '/' });
expectType<Same<typeof handle, JobHandle<{ url: string; at: Date }>>>();
expectType<Same<Awaited<ReturnType<typeof handle.result>>, { url: string; at: string }>>();

// Called as a function, it returns what the handler returns: nothing was stored.
expectType<Same<Awaited<ReturnType<typeof page>>, { url: string; at: Date }>>();

const quiet = task('quiet', () => {});
expectType<Same<Awaited<ReturnType<JobHandle<void>['result']>>, null>>();
export const none: null = await (await quiet.submit(queue)).result();

const sizes = task('sizes', { params: z.array(z.coerce.number<string>()) }, (all) =>
  Math.max(...all),
);
expectType<Same<typeof sizes, Task<string[], number[], number>>>();

// A handle on a job with a result is a handle on a job.
export const handles: JobHandle<unknown>[] = [handle, await quiet.submit(queue)];
// @ts-expect-error but not on one with another result
export const wrong: JobHandle<number> = handle;

// ── a Job knows the result of its task ──────────────────────────────────────────────────────────

const job = page.toJob({ url: '/' });
expectType<Same<typeof job, Job<{ url: string; at: Date }>>>();
const submitted = await queue.submit(job);
expectType<Same<typeof submitted, JobHandle<{ url: string; at: Date }>>>();
const fromTask = new Job({ task: page, params: { url: '/' } });
expectType<Same<typeof fromTask, Job<{ url: string; at: Date }>>>();
const byName = new Job({ task: 'page' });
expectType<Same<typeof byName, Job>>();
const cast = new Job<number>({ task: 'count' });
expectType<Same<typeof cast, Job<number>>>();

const many = await page.submitMany(queue, [{ url: '/' }]);
expectType<Same<typeof many, JobHandle<{ url: string; at: Date }>[]>>();
const mixed = await queue.submitMany([job, byName]);
expectType<Same<typeof mixed, JobHandle<unknown>[]>>();

// ── looking ─────────────────────────────────────────────────────────────────────────────────────

const found = await queue.getResult<number>(job.id);
expectType<Same<typeof found, number | undefined>>();
const unknownResult = await queue.getResult(job.id);
expectType<Same<typeof unknownResult, unknown>>();
const stats = await queue.stats();
expectType<Same<typeof stats, Readonly<Record<JobStatus | 'total', number>>>>();
const info = await queue.getStatus(job.id);
// @ts-expect-error there may be no such job
export const status: string = info.status;
export const typed: JobInfo<number>['result'] = null;

expectType<Same<typeof JobStatus.TIMEOUT, 'timeout'>>();
// @ts-expect-error the states are not to be changed
JobStatus.FAILED = 'failed';

/** A switch over all states compiles without a default. */
export function isOver(state: JobStatus): boolean {
  switch (state) {
    case 'blocked':
    case 'scheduled':
    case 'pending':
    case 'running':
      return false;
    case 'completed':
    case 'failed':
    case 'timeout':
    case 'cancelled':
      return true;
  }
}

export const code: ErrorCode = 'params_invalid';
// @ts-expect-error there is no such code
export const noCode: ErrorCode = 'oops';
