// One worker process: `node examples/worker-processes/worker.ts jobs.db`. Start as many as you like on one file, each
// in a terminal or under a service manager; SIGINT or SIGTERM lets running jobs end and then stops it.
import { Worker } from 'gigq';
import { countPrimes } from './tasks.ts';

const worker = new Worker(process.argv[2] ?? 'jobs.db', { tasks: [countPrimes] });
await worker.start();
