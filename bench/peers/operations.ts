// What is timed, the same for every queue.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Handler, Params, Peer, RunningWorker } from './peer.ts';

export interface Done {
  readonly jobs: number;
  readonly ms: number;
}

/** Milliseconds by a clock that all processes of a machine share (Bun's has another origin). */
function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function paramsOf(n: number, sent?: number): Params {
  const params = { n, to: 'user@example.com', subject: 'Welcome to the service', locale: 'en' };
  return sent === undefined ? params : { ...params, sent };
}

/** So many jobs, with so many calls under way at all times, until the time is up. */
export async function submit(
  peer: Peer,
  { jobs, width, limitMs }: { jobs: number; width: number; limitMs: number },
): Promise<Done> {
  const began = clock();
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (next < jobs && clock() - began < limitMs) {
      await peer.add(paramsOf((next += 1)));
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return { jobs: done, ms: clock() - began };
}

/** By the queue's own call for many; null if it has none. */
export async function submitMany(
  peer: Peer,
  { jobs, limitMs }: { jobs: number; limitMs: number },
): Promise<Done | null> {
  const { addMany, bulkSize = 1000 } = peer;
  if (addMany === undefined) return null;
  const began = clock();
  let done = 0;
  while (done < jobs && clock() - began < limitMs) {
    const size = Math.min(bulkSize, jobs - done);
    await addMany(Array.from({ length: size }, (_, place) => paramsOf(done + place)));
    done += size;
  }
  return { jobs: done, ms: clock() - began };
}

/** The quickest way in. */
export async function fill(peer: Peer, options: { jobs: number; limitMs: number }): Promise<Done> {
  return (await submitMany(peer, options)) ?? submit(peer, { ...options, width: 100 });
}

export interface Work {
  readonly jobs: number;
  readonly concurrency: number;
  readonly handlerMs: number;
  readonly limitMs: number;
}

/**
 * From the start of a worker to the moment when its store says that all are completed, or to the limit: then as many count as
 * have run. The handler looks at the clock itself, for some queues keep timers from running.
 */
export async function work(
  peer: Peer,
  { jobs, concurrency, handlerMs, limitMs }: Work,
): Promise<Done> {
  const over = Promise.withResolvers<void>();
  const began = clock();
  let ran = 0;
  const handler: Handler = async ({ n }) => {
    if (handlerMs > 0) await sleep(handlerMs);
    ran += 1;
    if (ran >= jobs || clock() - began > limitMs) over.resolve();
    return { ok: true, n };
  };
  const timer = setTimeout(() => over.resolve(), limitMs);
  const worker = await peer.startWorker(handler, concurrency);
  await over.promise;
  clearTimeout(timer);
  const cut = { jobs: ran, ms: clock() - began };
  const isWhole = ran >= jobs && (await isRecorded(peer, began + limitMs + 10_000));
  const done = isWhole ? { jobs, ms: clock() - began } : cut;
  void worker.stop();
  return done;
}

async function isRecorded(peer: Peer, deadline: number): Promise<boolean> {
  while (clock() < deadline) {
    if ((await peer.unfinished()) === 0) return true;
    await sleep(2);
  }
  return false;
}

/** A worker that notes how long each job waited for its start. */
export async function receive(
  peer: Peer,
  { concurrency, waits }: { concurrency: number; waits: number[] },
): Promise<RunningWorker> {
  const handler: Handler = async ({ n, sent }) => {
    if (sent !== undefined) waits.push(clock() - sent);
    return { ok: true, n };
  };
  return peer.startWorker(handler, concurrency);
}

/** One by one, at moments that are in step with nobody's poll. */
export async function send(
  peer: Peer,
  { jobs, gapMs }: { jobs: number; gapMs: number },
): Promise<void> {
  for (let n = 0; n < jobs; n += 1) {
    await sleep(gapMs * (0.75 + Math.random() / 2));
    await peer.add(paramsOf(n, clock()));
  }
}
