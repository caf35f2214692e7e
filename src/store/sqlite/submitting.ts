/** Storing jobs. */
import { GigqError } from '../../core/errors.ts';
import type { NewJob } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import type { Submitting } from '../store.ts';
import { type Context, instantOf } from './context.ts';

export function submitting(context: Context): Submitting {
  return {
    enqueue(jobs) {
      refuseTooMany(jobs.length);
      const now = context.clock.wall();
      return jobs.map((job) => store(context, job, now));
    },
  };
}

function refuseTooMany(count: number): void {
  if (count <= limits.jobsPerUnit) return;
  throw new GigqError(
    'too_large',
    `${count} jobs are too many to store at once; at most ${limits.jobsPerUnit} can be`,
  );
}

function store(context: Context, job: NewJob, now: number): 'stored' | 'duplicate' {
  const { connection, lanes, done } = context;
  const lane = lanes.idOf(job.queue, job.task);
  const runAt = job.due === null ? null : instantOf(job.due, now);
  const status = runAt !== null && runAt > now ? 'scheduled' : 'pending';
  const stored = connection.run('enqueue', {
    id: job.id,
    lane,
    name: job.name,
    description: job.description,
    params: job.params,
    priority: job.priority,
    status,
    maxAttempts: job.maxAttempts,
    timeout: job.timeout,
    retry: job.retry === null ? null : JSON.stringify(job.retry),
    runAt,
    now,
  });
  if (stored === 0) return 'duplicate';
  lanes.move(lane, null, status);
  done.work = true;
  return 'stored';
}
