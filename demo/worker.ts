/** A worker process: `node demo/worker.ts <database>`. It runs jobs until it is told to stop by SIGINT or SIGTERM. */
import { Worker } from 'gigq';
import { auditPackage, report } from './tasks.ts';

const [database] = process.argv.slice(2);
if (database === undefined) throw new Error('Usage: node demo/worker.ts <database>');

const worker = new Worker(database, {
  workerId: `auditor-${process.pid}`,
  tasks: [auditPackage, report],
  concurrency: 4,
  shutdownTimeout: '5s',
});

// Whoever started this process may be killed without a word; the channel to it closes all the same.
process.once('disconnect', () => void worker.stop());
await worker.start();
if (process.connected) process.disconnect();
