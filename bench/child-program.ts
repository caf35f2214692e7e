/**
 * The program of a process that submits or works for a bench: it does what its parent tells it over IPC.
 *
 * It is handed to Node as text, its types stripped (`child.ts`): Node's own stripping costs 18 MiB and 0.1 s in each process,
 * which would be measured as gigq's. So it imports nothing but gigq and Node.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobQueue, type JobQueueOptions, task, Worker, type WorkerOptions } from 'gigq';

interface Params {
  readonly n: number;
  /** When it was submitted, by the clock that all processes share. */
  readonly sent?: number;
  /** When it is due, in milliseconds since 1970. */
  readonly due?: number;
}

interface Opening {
  readonly database: string;
  readonly queue?: JobQueueOptions;
  readonly worker?: WorkerOptions;
  /** Whether the gaps between jobs are noted: millions of them would count as memory. */
  readonly notesGaps?: boolean;
}

const result = { ok: true, n: 1 };
/** How long jobs waited for their start. */
const waits: number[] = [];
/** From the end of a handler to the start of the next one. */
const gaps: number[] = [];
/** Told of the job that starts, by how many started before it. */
const marks = new Map<number, () => void>();
let notesGaps = false;
let hasGivenUp = false;
let ran = 0;
let ended: number | undefined;
let queue: JobQueue;
let worker: Worker | undefined;

/** Milliseconds by CLOCK_MONOTONIC: the same in all processes of a machine. */
function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

const bench = task('bench', async ({ sent, due }: Params) => {
  const began = clock();
  if (notesGaps && ended !== undefined) gaps.push(began - ended);
  if (sent !== undefined) waits.push(began - sent);
  if (due !== undefined) waits.push(wallClock() - due);
  marks.get(ran)?.();
  ran += 1;
  ended = clock();
  return result;
});

const failed = new Map<number, number>();
const retryMs = 500;

/** Fails at first; its second attempt tells how late it is. */
const retried = task('retried', { retryDelay: '500ms' }, async ({ n }: Params) => {
  const first = failed.get(n);
  if (first !== undefined) {
    waits.push(clock() - first - retryMs);
    return result;
  }
  failed.set(n, clock());
  throw new Error('tried again later');
});

export interface Drained {
  readonly ran: number;
  readonly began: number;
  readonly ended: number;
}

interface Report {
  readonly ran: number;
  readonly waits: number[];
  readonly gaps: readonly number[];
  readonly peakMiB: number;
  /** Its worker has ended with an error. */
  readonly hasGivenUp: boolean;
}

const commands = {
  async open(opening: Opening): Promise<void> {
    queue = new JobQueue(opening.database, opening.queue);
    await queue.stats();
    notesGaps = opening.notesGaps ?? false;
    if (opening.worker === undefined) return;
    worker = new Worker(queue, { tasks: [bench, retried], ...opening.worker });
  },

  /** Resolves once the worker looks for jobs. */
  async start(): Promise<void> {
    const ready = new Promise((resolve) => worker?.once('ready', () => resolve(undefined)));
    ended ??= clock();
    const working = worker?.start();
    working?.catch(() => (hasGivenUp = true));
    await Promise.race([ready, working]);
  },

  async stop(): Promise<void> {
    await worker?.stop({ timeout: '5s' });
  },

  async drain(): Promise<Drained> {
    const began = clock();
    const count = (await worker?.drain()) ?? 0;
    return { ran: count, began, ended: clock() };
  },

  /** Jobs a second between the start of one job and that of a later one, of those that this worker runs; then it stops. */
  async rate({ from, to }: { from: number; to: number }): Promise<number> {
    const [began, over] = [from, to].map(
      (place) => new Promise<number>((resolve) => marks.set(place, () => resolve(clock()))),
    ) as [Promise<number>, Promise<number>];
    await commands.start();
    const ms = -(await began) + (await over);
    await commands.stop();
    return ((to - from) / ms) * 1000;
  },

  /** One by one, `gapMs` apart give or take a quarter, so that they are in step with nobody's poll. */
  async send({ jobs, gapMs }: { jobs: number; gapMs: number }): Promise<void> {
    for (let n = 0; n < jobs; n += 1) {
      await sleep(gapMs * (0.75 + Math.random() / 2));
      await bench.submit(queue, { n, sent: clock() });
    }
  },

  /** Due at any moment of the `spanMs` that begin in half a second. */
  async sendDue({ jobs, spanMs }: { jobs: number; spanMs: number }): Promise<void> {
    for (let n = 0; n < jobs; n += 1) {
      const due = Math.round(Date.now() + 500 + Math.random() * spanMs);
      await bench.submit(queue, { n, due }, { runAt: new Date(due) });
    }
  },

  async sendRetried({ jobs, gapMs }: { jobs: number; gapMs: number }): Promise<void> {
    for (let n = 0; n < jobs; n += 1) {
      await sleep(gapMs * (0.75 + Math.random() / 2));
      await retried.submit(queue, { n });
    }
  },

  /** What the handlers noticed since the last time, and the peak of the memory. */
  async report(): Promise<Report> {
    // Who still waits for its next job has waited so long at least.
    if (notesGaps && ended !== undefined) gaps.push(clock() - ended);
    const peak = /VmHWM:\s+(\d+) kB/u.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const peakMiB = Number(peak) / 1024;
    return { ran, waits: waits.splice(0), gaps: gaps.splice(0), peakMiB, hasGivenUp };
  },

  async unfinished(): Promise<number> {
    const { pending, scheduled, running } = await queue.stats();
    return pending + scheduled + running;
  },

  async close(): Promise<void> {
    await worker?.close();
    await queue.close();
  },
};

export type Commands = typeof commands;

interface Call {
  readonly id: number;
  readonly command: keyof Commands;
  readonly options: never;
}

process.on('message', ({ id, command, options }: Call) => {
  commands[command](options).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
// The bench was ended: nobody is to run on without it.
process.on('disconnect', () => process.exit());
