/** The queue as one command uses it: opened in place, closed before the command ends. */
import type { JobQueue } from '../index.ts';
import { type CommonOptions, databaseOf } from './settings.ts';

type Use<T> = (queue: JobQueue) => Promise<T>;

async function open(options: CommonOptions, initialize: boolean): Promise<JobQueue> {
  const database = await databaseOf(options);
  const { JobQueue } = await import('../index.ts');
  return new JobQueue(database, { inPlace: true, initialize });
}

async function using<T>(queue: JobQueue, use: Use<T>): Promise<T> {
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}

/** For commands that look at jobs, or change those that are there: no database is made. */
export async function withExistingQueue<T>(options: CommonOptions, use: Use<T>): Promise<T> {
  return using(await open(options, false), use);
}

/** For commands that may be the first to use the database. */
export async function withQueue<T>(options: CommonOptions, use: Use<T>): Promise<T> {
  return using(await open(options, true), use);
}

/** The library gives out no more rows at once. */
const pageSize = 1000;

interface PageRequest {
  readonly limit: number;
  readonly before?: string;
}

/** Page after page of the library, `limit` rows in all. */
export async function* pages<Row extends { readonly id: string }>(
  read: (page: PageRequest) => Promise<readonly Row[]>,
  { limit, before: start }: { readonly limit: number; readonly before?: string | undefined },
): AsyncGenerator<readonly Row[]> {
  let left = limit;
  let before = start;
  while (left > 0) {
    const size = Math.min(left, pageSize);
    const rows = await read({ limit: size, ...(before !== undefined && { before }) });
    yield rows;
    left = rows.length < size ? 0 : left - size;
    before = rows.at(-1)?.id;
  }
}
