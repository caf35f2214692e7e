/** Storing jobs that were made ready. */
import { GigqError } from '../core/errors.ts';
import type { NewJob } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import type { Connection } from './connection.ts';
import { refusal } from './options.ts';
import { isThenable } from './schema.ts';

/** A job that is ready to be stored, or will be once its schema has answered. */
export type Ready = NewJob | Promise<NewJob>;

/**
 * Stores all or none; reaches the store before it returns unless it has to wait for a schema.
 * @throws {GigqError} what a schema refuses, and what the store does
 */
export function enqueue(connection: Connection, jobs: readonly Ready[]): Promise<unknown> {
  if (jobs.some(isThenable)) {
    return connection.hold(async (store) => {
      const ready = await Promise.all(jobs.map((job) => Promise.resolve(job)));
      return store.call('enqueue', ready);
    });
  }
  if (jobs.length === 0) return connection.hold(() => Promise.resolve());
  return connection.call('enqueue', jobs as readonly NewJob[]);
}

/**
 * Checks a batch before anything is done with what is in it.
 * @throws {GigqError} `invalid_option`, `too_large`
 */
export function checkBatch(items: unknown, name: string): void {
  if (!Array.isArray(items)) throw refusal(name, 'an array', items);
  if (items.length <= limits.jobsPerUnit) return;
  throw new GigqError(
    'too_large',
    `${name}: ${items.length} jobs are too many to store at once; at most ${limits.jobsPerUnit} can be`,
    { hint: 'Submit them in several calls; each is stored as a whole or not at all.' },
  );
}
