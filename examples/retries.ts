// What becomes of a job whose handler throws: tried again with backoff, given up at once, or put off.
// `node examples/retries.ts`
import { FatalError, JobFailedError, JobQueue, RetryLater, task, Worker } from 'gigq';

// Stands for a service on the network that has seen better days.
const answers = new Map([
  ['/flaky', [503, 503, 200]],
  ['/gone', [404]],
  ['/busy', [429, 429, 200]],
  ['/down', [503, 503, 503, 503]],
]);

const fetchPage = task(
  'fetch-page',
  { maxAttempts: 4, retry: { delay: '50ms', backoff: 'exponential', jitter: true } },
  async ({ path }: { path: string }) => {
    const status = answers.get(path)?.shift();
    if (status === 404) throw new FatalError(`${path} answered 404`); // no further attempt
    if (status === 429) throw new RetryLater('100ms'); // uses up no attempt
    if (status !== 200) throw new Error(`${path} answered ${status}`); // the next attempt, if any is left
    return `the text of ${path}`;
  },
);

const queue = new JobQueue(':memory:');
const worker = new Worker(queue);
worker.on('retrying', (job, error) => {
  const what = error instanceof RetryLater ? 'put off' : `attempt ${job.attempts} failed`;
  console.log(`  ${what}: ${error.message}`);
});
const running = worker.start();

for (const path of answers.keys()) {
  console.log(path);
  const handle = await fetchPage.submit(queue, { path });
  try {
    console.log(`  completed: ${await handle.result({ timeout: '30s' })}`);
  } catch (error) {
    if (!(error instanceof JobFailedError)) throw error;
    console.log('  failed for good');
  }
  const job = await queue.getStatus(handle.id);
  console.log(`  ${job?.attempts} of ${job?.maxAttempts} attempts, ${job?.executionCount} runs`);
}

await worker.stop();
await running;
await queue.close();
