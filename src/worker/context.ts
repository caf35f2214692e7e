/** What a handler is told beside its params. Made for every job, so what costs something is made when it is read. */
import { type Logger, withFields } from '../client/logger.ts';
import type { TaskContext } from '../client/task-context.ts';
import { GigqError } from '../core/errors.ts';
import type { Progress } from '../core/job.ts';
import { preview } from '../core/preview.ts';
import { truncateUtf8 } from '../core/utf8.ts';
import type { Attempt } from './attempt.ts';

export interface ContextTools {
  readonly logger: Logger;
  report(attempt: Attempt, progress: Progress): void;
}

const messageBytes = 1024;

/** What a context is made of when it is asked for. */
interface Source {
  readonly attempt: Attempt;
  readonly tools: ContextTools;
  job?: TaskContext['job'];
  log?: Logger;
}

const source = Symbol('source');

interface Sourced {
  readonly [source]: Source;
}

/**
 * The same getters for all contexts. Made anew for each, they make of it an object of V8's slow kind, which kept its job alive
 * until the next full collection: a worker grew by 150 MB, and ran a third fewer jobs.
 */
const lazily: PropertyDescriptorMap & ThisType<Sourced> = {
  job: {
    enumerable: true,
    get() {
      return (this[source].job ??= describeJob(this[source].attempt));
    },
  },
  signal: {
    enumerable: true,
    get() {
      return this[source].attempt.signal;
    },
  },
  log: {
    enumerable: true,
    get() {
      return (this[source].log ??= loggerOf(this[source]));
    },
  },
};

/** An object of its own properties, so that handlers can spread it, or take functions out of it. */
export function contextOf(
  attempt: Attempt,
  tools: ContextTools,
  parentResults: TaskContext['parentResults'],
): TaskContext {
  const context = {
    workerId: attempt.job.slot,
    parentResults,
    progress(done: number, total?: number, message?: string): void {
      if (attempt.isOver) return;
      tools.report(attempt, checkedProgress(done, total, message));
    },
  };
  Object.defineProperty(context, source, { value: { attempt, tools } });
  return Object.defineProperties(context, lazily) as typeof context & TaskContext;
}

function loggerOf({ attempt, tools: { logger } }: Source): Logger {
  const { id, task, attempts } = attempt.job;
  return withFields(logger, { jobId: id, task, attempt: attempts });
}

function describeJob({ job }: Attempt): TaskContext['job'] {
  const { id, name, task, queue, attempts, maxAttempts, createdAtMs, workflow } = job;
  const createdAt = new Date(createdAtMs);
  return { id, name, task, queue, attempt: attempts, maxAttempts, createdAt, workflowId: workflow };
}

function checkedProgress(done: number, total?: number, message?: string): Progress {
  return {
    done: amount(done, 'done'),
    total: total === undefined ? null : amount(total, 'total'),
    message: message === undefined ? null : truncateUtf8(text(message), messageBytes),
  };
}

function amount(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw refused(`${name} to be a number of at least 0`, value);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw refused('message to be a string', value);
}

function refused(expected: string, value: unknown): GigqError {
  const message = `progress(): expected ${expected}, got ${preview(value)}`;
  return new GigqError('invalid_option', message);
}
