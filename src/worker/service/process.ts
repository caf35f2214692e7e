/**
 * What a process of a service runs: one worker, which stops when the service says so, by a signal, or when the service
 * is gone. Only a service starts it, and says by the argument which process it is itself.
 */
import { setDefaultLogger } from '../../client/logger.ts';
import { duration } from '../../core/duration.ts';
import { type PlainError, toPlainError } from '../../core/errors.ts';
import { relayingLogger } from '../isolation/relayed-log.ts';
import { killGroup, startWatchdog } from '../isolation/watchdog.ts';
import type { Envelope, FromProcess, Orders, ToProcess } from './messages.ts';
import { Worker } from '../worker.ts';

/** How long it may go on without the service: enough for handlers that obey, so that their jobs are given back. */
const orphanMs = 4000;
/** How long the end waits for what is not worth more: a database to close, a service to listen, a module to load. */
const endMs = 1000;
/** A service that does not read must not fill the memory of its processes with logs. */
const unreadMax = 1000;

let unread = 0;
let isReady = false;
let isOrphan = false;

const working = Promise.withResolvers<Worker>();

const logger = relayingLogger((entry) => {
  if (unread < unreadMax) void send({ type: 'log', entry });
});

/** Resolves when the message has left. */
function send(message: FromProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    unread += 1;
    const envelope: Envelope = { gigq: message };
    process.send?.(envelope, undefined, undefined, () => {
      unread -= 1;
      resolve();
    });
  });
}

function atMost(ms: number, promise: Promise<void>): Promise<void> {
  return Promise.race([promise, new Promise<void>((resolve) => setTimeout(resolve, ms))]);
}

async function work(orders: Orders): Promise<void> {
  let error: PlainError | null = null;
  try {
    await run(orders);
  } catch (thrown) {
    error = toPlainError(thrown);
  }
  await end(error);
}

async function run({ database, options }: Orders): Promise<void> {
  const worker = new Worker(database, { ...options, handleSignals: false, logger });
  worker.once('ready', () => {
    isReady = true;
    void send({ type: 'ready' });
  });
  const done = worker.start();
  working.resolve(worker);
  await done;
  await atMost(endMs, worker.close());
}

async function end(error: PlainError | null): Promise<void> {
  // The service would end what a handler has left behind.
  if (isOrphan) killGroup();
  await atMost(endMs, send({ type: 'over', error }));
  process.exit(error === null ? 0 : 1);
}

/** May be called again: of several limits the earliest counts. */
async function stop(timeoutMs?: number): Promise<void> {
  const worker = await working.promise;
  // It holds nothing yet, and the import that it is busy with may take for ever.
  if (!isReady) setTimeout(() => isReady || void end(null), endMs);
  await worker.stop(timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) });
}

function stopBySignal(): void {
  void send({ type: 'stopping' });
  void stop();
}

function obey(message: ToProcess): void {
  if (message.type === 'start') void work(message.orders);
  else void stop(message.timeoutMs);
}

startWatchdog({
  parentPid: Number(process.argv[2]),
  graceMs: orphanMs,
  frozenMs: null,
  memoryLimitMb: null,
});
setDefaultLogger(logger);
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stopBySignal);
process.on('message', obey);
process.on('disconnect', () => {
  isOrphan = true;
  void stop(0);
});
