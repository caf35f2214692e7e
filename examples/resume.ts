// A workflow that fails on the way, is asked why, and is finished without doing again what was done.
// `node examples/resume.ts`
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobQueue, task, Worker, Workflow } from 'gigq';

const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));

const fetchOrders = task('fetch-orders', () => {
  console.log('  fetch-orders runs');
  return [{ currency: 'EUR', amount: 20 }];
});

const readRates = task('read-rates', { maxAttempts: 1 }, async () => {
  console.log('  read-rates runs');
  return JSON.parse(await readFile(join(folder, 'rates.json'), 'utf8')) as Record<string, number>;
});

interface Sales {
  orders: { currency: string; amount: number }[];
  rates: Record<string, number>;
}

const addUp = task('add-up', ({ orders, rates }: Sales) => {
  console.log('  add-up runs');
  return orders.reduce((sum, { currency, amount }) => sum + amount * (rates[currency] ?? 0), 0);
});

const workflow = new Workflow('Sales');
const orders = workflow.addTask(fetchOrders);
const rates = workflow.addTask(readRates);
const sum = workflow.addTask(addUp, { orders: orders.result, rates: rates.result });

const queue = new JobQueue(join(folder, 'jobs.db'));
const handle = await workflow.submitAll(queue);
console.log('First run');
await new Worker(queue).drain();
console.log(`The workflow ${(await handle.status()).status}.`);

for (const node of [rates, sum]) {
  console.log(`Why ${node.name}?`);
  for (const { message } of (await queue.why(node.id)).reasons) console.log(`  ${message}`);
}

writeFileSync(join(folder, 'rates.json'), '{ "EUR": 1.1 }'); // the cause is mended
console.log(`Requeued: ${await handle.requeue()} jobs. Second run`);
await new Worker(queue).drain();
console.log(`The workflow ${(await handle.status()).status}: ${await handle.result(sum)} in all.`);

await queue.close();
rmSync(folder, { recursive: true });
