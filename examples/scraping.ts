// Scraping: a job for each page, one page that is broken for good, and a report that runs all the same and names it.
// `node examples/scraping.ts`
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobQueue, type Settled, task, Worker, Workflow } from 'gigq';

// The site, on this machine.
const titles: Record<string, string> = {
  '/': 'Home',
  '/news': 'What is new',
  '/about': 'About us',
};
const server = createServer(({ url = '/' }, response) => {
  const title = titles[url];
  response.writeHead(title === undefined ? 500 : 200).end(`<title>${title ?? 'Oops'}</title>`);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const fetchPage = task(
  'fetch-page',
  { maxAttempts: 2, timeout: '10s' },
  async ({ path }: { path: string }, { signal }) => {
    const response = await fetch(new URL(path, site), { signal });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const [, title = ''] = /<title>(.*)<\/title>/u.exec(await response.text()) ?? [];
    return { title };
  },
);

interface Visit {
  path: string;
  page: Settled<{ title: string }>;
}

const report = task('report', { onParentFailure: 'run' }, ({ visits }: { visits: Visit[] }) =>
  visits.map(({ path, page }) =>
    page.status === 'completed'
      ? `${path}: ${page.result.title}`
      : `${path} ${page.status}: ${page.error.message}`,
  ),
);

const workflow = new Workflow('Scrape');
const visits = ['/', '/news', '/shop', '/about'].map((path) => ({
  path,
  page: workflow.addTask(fetchPage, { path }, { name: `fetch ${path}` }).settled,
}));
const reported = workflow.addTask(report, { visits });

const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));
const queue = new JobQueue(join(folder, 'jobs.db'));
const handle = await workflow.submitAll(queue);
await new Worker(queue, { concurrency: 4 }).drain();
console.log((await handle.result(reported)).join('\n'));
console.log(`The workflow ${(await handle.status()).status}.`);

await queue.close();
server.close();
rmSync(folder, { recursive: true });
