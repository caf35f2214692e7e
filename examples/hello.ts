// The smallest whole program: define a task, submit a job, run it, read its result. `node examples/hello.ts`
import { JobQueue, task, Worker } from 'gigq';

const greet = task('greet', async ({ name }: { name: string }) => `Hello, ${name}!`);
const queue = new JobQueue(':memory:'); // 'jobs.db' instead keeps the jobs in that file
const handle = await greet.submit(queue, { name: 'Ada' });
await new Worker(queue).drain();
console.log(await handle.result());
