// Several worker processes on one file: no service between them, and no job is claimed by two of them.
// `node examples/worker-processes/main.ts`
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobQueue } from 'gigq';
import { countPrimes } from './tasks.ts';

const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));
const database = join(folder, 'jobs.db');
const workers = [1, 2, 3].map(() => fork(join(import.meta.dirname, 'worker.ts'), [database]));

const queue = new JobQueue(database);
const limits = Array.from({ length: 60 }, (_, index) => ({ below: 500_000 + index * 1000 }));
const handles = await countPrimes.submitMany(queue, limits);
const results = await Promise.all(handles.map((handle) => handle.result({ timeout: '1m' })));

for (const [pid, done] of Map.groupBy(results, (result) => result.pid)) {
  console.log(`process ${pid} ran ${done.length} of ${results.length} jobs`);
}
const last = results.at(-1);
console.log(`There are ${last?.count} prime numbers below ${last?.below}.`);

for (const worker of workers) worker.kill('SIGTERM');
await Promise.all(workers.map((worker) => once(worker, 'exit')));
await queue.close();
rmSync(folder, { recursive: true });
