// A folder with a database, a queue on it, and workers: all closed and gone when the test is over.
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { JobQueue, Worker, type WorkerEvents, type WorkerOptions } from 'gigq';
import { found } from './pauses.ts';
import { serverAddress } from './postgres-server.ts';
import { schemaOn } from './store-postgres.ts';

export interface Place {
  readonly folder: string;
  readonly database: string;
  readonly queue: JobQueue;
  /** A worker on the queue. It handles no signals: they are the test runner's. */
  worker(options?: WorkerOptions): Worker;
  /** A worker that was started; the test need not stop it. */
  started(options?: WorkerOptions): Promise<Worker>;
  /** Writes a file into the folder and tells its path. */
  file(name: string, text: string): string;
}

/** Where all is to be done on a server: `GIGQ_TEST_STORE=postgres`. */
const server = process.env['GIGQ_TEST_STORE'] === 'postgres' ? await serverAddress() : undefined;

function usual(folder: string): string {
  if (server === undefined) return join(folder, 'jobs.db');
  return schemaOn(server).address;
}

/** On a file in the folder, unless another database is named. */
export function place(t: TestContext, named?: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'gigq-worker-'));
  const database = named ?? usual(folder);
  const queue = new JobQueue(database);
  const workers: Worker[] = [];
  t.after(async () => {
    await Promise.all(workers.map((worker) => worker.stop({ timeout: '0ms' })));
    await Promise.all(workers.map((worker) => worker.close()));
    await queue.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const worker = (options: WorkerOptions = {}): Worker => {
    const created = new Worker(queue, { handleSignals: false, ...options });
    workers.push(created);
    return created;
  };
  return { folder, database, queue, worker, started: (options) => start(worker(options)), file };

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }
}

async function start(worker: Worker): Promise<Worker> {
  const ready = once(worker, 'ready');
  await Promise.race([ready, worker.start()]);
  return worker;
}

/** What the worker tells with the next event of that name. */
export async function next<Name extends keyof WorkerEvents>(
  worker: Worker,
  name: Name,
): Promise<WorkerEvents[Name]> {
  return (await once(worker, name, {
    signal: AbortSignal.timeout(deadlineMs),
  })) as WorkerEvents[Name];
}

export { found };

const deadlineMs = 20_000;
/** A promise that the test keeps when it wants to. */
export class Gate<T = void> {
  readonly #deferred = Promise.withResolvers<T>();
  readonly passed = this.#deferred.promise;
  readonly open = this.#deferred.resolve;
}

/** Effects of handlers, recorded outside of the database: a line each, from whatever process. */
export class Effects {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  add(line: string): void {
    appendFileSync(this.path, `${line}\n`);
  }

  get lines(): readonly string[] {
    if (!existsSync(this.path)) return [];
    return readFileSync(this.path, 'utf8').split('\n').slice(0, -1);
  }
}
