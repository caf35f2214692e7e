/**
 * A process of one queue: takes commands as lines of JSON on stdin and answers on stdout, in lines that begin with @@, for some queues
 * print there as well. It runs under Node or Bun, so there is no IPC.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fill, receive, send, submit, submitMany, work, type Work } from './operations.ts';
import type { Peer, RunningWorker } from './peer.ts';

interface Size {
  readonly jobs: number;
  readonly limitMs: number;
}

interface Call {
  readonly id: number;
  readonly command: keyof Commands;
  readonly options: never;
}

const [name = ''] = process.argv.slice(2);
const { peer } = (await import(join(import.meta.dirname, 'adapters', `${name}.ts`))) as {
  readonly peer: Peer;
};
const waits: number[] = [];
let worker: RunningWorker | undefined;

const commands = {
  setup: () => peer.setup(),
  open: () => peer.open(),
  close: () => peer.close(),
  submit: (options: Size & { width: number }) => submit(peer, options),
  submitMany: (options: Size) => submitMany(peer, options),
  fill: (options: Size) => fill(peer, options),
  work: (options: Work) => work(peer, options),
  receive: async ({ concurrency }: { concurrency: number }): Promise<void> => {
    worker = await receive(peer, { concurrency, waits });
  },
  send: (options: { jobs: number; gapMs: number }) => send(peer, options),
  waits: async () => waits.splice(0),
  stop: async (): Promise<void> => {
    await worker?.stop();
  },
  unfinished: () => peer.unfinished(),
};

export type Commands = typeof commands;

/** Past the stream, which a starved event loop would not flush. */
function say(message: object): void {
  const bytes = Buffer.from(`\n@@${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += write(bytes.subarray(at));
}

function write(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    // The pipe is full: the parent is about to read.
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}

async function answer({ id, command, options }: Call): Promise<void> {
  try {
    say({ id, value: (await commands[command](options)) ?? null });
  } catch (error) {
    say({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(JSON.parse(line) as Call));
// The parent has no more to say, or is gone.
lines.on('close', () => process.exit());
say({ id: 0, value: 'ready' });
