// A pipeline: each job takes what the one before it returned. Data goes by files, their paths by results.
// `node examples/pipeline.ts`
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobQueue, task, Worker, Workflow } from 'gigq';

interface Order {
  customer: string;
  cents: number;
}

const readOrders = task('read-orders', async ({ path }: { path: string }) => {
  const lines = (await readFile(path, 'utf8')).trim().split('\n').slice(1);
  const orders = lines.map((line): Order => {
    const [customer = '', cents] = line.split(',');
    return { customer, cents: Number(cents) };
  });
  const output = `${path}.json`;
  await writeFile(output, JSON.stringify(orders)); // a second run writes the same: it does no harm
  return { path: output, orders: orders.length };
});

const sumUp = task('sum-up', async ({ path }: { path: string }) => {
  const orders = JSON.parse(await readFile(path, 'utf8')) as Order[];
  const sums = new Map<string, number>();
  for (const { customer, cents } of orders) {
    sums.set(customer, (sums.get(customer) ?? 0) + cents);
  }
  return Object.fromEntries(sums);
});

const printBill = task('print-bill', ({ sums }: { sums: Record<string, number> }) =>
  Object.entries(sums).map(([customer, cents]) => `${customer} owes ${(cents / 100).toFixed(2)}`),
);

const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));
const csv = join(folder, 'orders.csv');
writeFileSync(csv, 'customer,cents\nAda,1250\nBob,300\nAda,50\n');

const workflow = new Workflow('Bills');
const read = workflow.addTask(readOrders, { path: csv });
const sums = workflow.addTask(sumUp, read.result); // the whole result as params
const bill = workflow.addTask(printBill, { sums: sums.result }); // or as a part of them

const queue = new JobQueue(join(folder, 'jobs.db'));
const handle = await workflow.submitAll(queue);
await new Worker(queue).drain();
console.log(`${(await handle.result(read)).orders} orders`);
console.log((await handle.result(bill)).join('\n'));

await queue.close();
rmSync(folder, { recursive: true });
