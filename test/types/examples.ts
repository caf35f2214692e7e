// Short programs as users write them. They have to compile; nothing here runs.
import {
  closeConnections,
  duration,
  FatalError,
  Job,
  JobQueue,
  JobStatus,
  RetryLater,
  task,
  Worker,
} from 'gigq';
import * as valibot from 'valibot';
import { z } from 'zod';
import { expectType, type Same } from './expect-type.ts';

// hello world: one file, no service
export const greet = task(
  'greet',
  async ({ name = 'world' }: { name?: string }) => `Hello, ${name}!`,
);
const queue = new JobQueue('jobs.db');
await greet.submit(queue, { name: 'Alice' });
await greet.submit(queue);
await new Worker('jobs.db').start();

// typed and validated
export const sendEmail = task(
  'send-email',
  { params: z.object({ to: z.email(), subject: z.string().default('Hi') }), maxAttempts: 5 },
  async ({ to, subject }, { log, signal }) => {
    expectType<Same<typeof subject, string>>();
    log.info({ to }, subject);
    await fetch('https://mail.example/send', { method: 'POST', body: to, signal });
    return { sent: true as const };
  },
);
const sent = await sendEmail.submit(queue, { to: 'a@b.co' });
export const wasSent: true = (await sent.result()).sent;
await sendEmail({ to: 'a@b.co' });

// another library that speaks Standard Schema
export const resize = task(
  'resize',
  { params: valibot.object({ width: valibot.pipe(valibot.string(), valibot.transform(Number)) }) },
  ({ width }) => {
    expectType<Same<typeof width, number>>();
    return width;
  },
);
await resize.submit(queue, { width: '640' });

// retries with backoff; give up early; come back later
export const sync = task(
  'sync',
  {
    maxAttempts: 5,
    timeout: '30s',
    retry: { delay: '1s', backoff: 'exponential', maxDelay: '5m', jitter: true },
  },
  async ({ url }: { url: string }, { signal, job, progress }) => {
    const response = await fetch(url, { signal });
    if (response.status === 404) throw new FatalError('gone');
    if (response.status === 429) {
      throw new RetryLater(`${Number(response.headers.get('retry-after') ?? 60)}s`);
    }
    progress(1, 1, `attempt ${job.attempt}`);
    return response.text();
  },
);

// a task without params, and one without a result
const nothing = task('nothing', async () => {});
export const none: null = await (await nothing.submit(queue)).result();
await nothing();

// wait for a result
const handle = await sync.submit(queue, { url: 'https://example.com' });
export const text: string = await handle.result({ timeout: '1m', signal: AbortSignal.timeout(5) });

// plain jobs
const job = new Job({
  task: 'greet',
  params: { name: 'Bob' },
  priority: 10,
  retryDelay: '30s',
  description: 'by name',
});
const id: string = (await queue.submit(job)).id;
if ((await queue.getStatus(id))?.status === JobStatus.COMPLETED) {
  console.log(await queue.getResult<string>(id));
}

// a worker for some queues, watched
await using worker = new Worker(queue, {
  workerId: 'batch',
  concurrency: 8,
  queues: ['emails'],
  pollingInterval: '2s',
  tasks: [sendEmail, greet, './tasks/*.ts', new URL('file:///tasks.ts')],
  shutdownTimeout: duration(process.env['GRACE'] ?? '20s'),
});
worker.on('failed', (info, error) => console.error(info.name, error.message));
const done = worker.start();
await worker.stop({ timeout: '10s' });
await done;

// who is doing what
for (const info of await queue.listJobs({ status: 'running' })) {
  console.log(info.workerId, info.name, info.startedAt);
}
await closeConnections();
