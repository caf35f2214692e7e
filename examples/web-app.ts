// A web application that leaves its slow work to jobs, and a worker in the same process that runs them.
// `node examples/web-app.ts`, then:
//
//   curl -d '{"text":"to be or not to be"}' http://127.0.0.1:8080/counts
//   curl http://127.0.0.1:8080/counts/<id>         how it stands
//   curl http://127.0.0.1:8080/counts/<id>?wait    once it has ended
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { GigqError, JobQueue, task, Worker } from 'gigq';
import { z } from 'zod';

const countWords = task(
  'count-words',
  { params: z.object({ text: z.string().min(1) }) },
  ({ text }) => ({ words: text.trim().split(/\s+/u).length }),
);

// An application keeps its file; an example leaves nothing behind.
const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));
const queue = new JobQueue(join(folder, 'jobs.db'));
const worker = new Worker(queue, { concurrency: 4 });

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    // What the schema refuses never becomes a job.
    const isBad =
      error instanceof SyntaxError ||
      (error instanceof GigqError && error.code === 'params_invalid');
    send(response, isBad ? 400 : 500, { error: isBad ? error.message : 'internal error' });
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [, collection, id] = pathname.split('/');
  if (collection !== 'counts') return send(response, 404, { error: 'not found' });
  if (id === undefined && request.method === 'POST') return create(request, response);
  return show(id ?? '', searchParams.has('wait'), response);
}

async function create(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const params = (await json(request)) as { text: string };
  const { id } = await countWords.submit(queue, params);
  // The job is on disk by now: it will run, even if this process dies here.
  response.setHeader('location', `/counts/${id}`);
  send(response, 202, { id });
}

async function show(id: string, wait: boolean, response: ServerResponse): Promise<void> {
  // Whether it ends well or badly or not in time: its status says so.
  if (wait) await Promise.allSettled([queue.get(id).result({ timeout: '10s' })]);
  const job = await queue.getStatus(id);
  if (job === undefined) return send(response, 404, { error: 'no such job' });
  const { status, result, error } = job;
  return send(response, 200, { id, status, result, error: error?.message ?? null });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
console.log(`Listening on http://127.0.0.1:${port}`);

await worker.start(); // until SIGINT or SIGTERM; running jobs may end
server.close();
server.closeAllConnections();
await queue.close();
rmSync(folder, { recursive: true });
console.log('Stopped');
