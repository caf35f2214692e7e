/**
 * The keeper: the thread that owns a store, so that nobody's event loop waits for a disk or a lock. It takes everything
 * that has arrived before it starts a transaction, and sends everything that one answered in one message.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toPlainError } from '../core/errors.ts';
import type { FromKeeper, KeeperOptions, PlainAnswer, ToKeeper } from './messages.ts';
import { openHere } from './open.ts';
import type { Answer, Interest, Unit } from './store.ts';

const port = parentPort;
if (port === null) throw new Error('The keeper is started by gigq, as a thread of its own.');

const store = openHere(workerData as KeeperOptions);
const subscriptions = new Map<Interest, () => void>();
let outbox: [number, PlainAnswer][] = [];

port.on('message', (message: ToKeeper) => {
  take([message, ...arrived()]);
});

function arrived(): ToKeeper[] {
  const messages: ToKeeper[] = [];
  for (let next = receiveMessageOnPort(parentPort!); next !== undefined; next = receiveMessageOnPort(parentPort!)) {
    messages.push(next.message as ToKeeper);
  }
  return messages;
}

function take(messages: readonly ToKeeper[]): void {
  const numbered: [number, Unit][] = [];
  for (const message of messages) {
    if (message.type === 'run') {
      for (const [place, unit] of message.units.entries()) numbered.push([message.first + place, unit]);
    } else if (message.type === 'interest') attend(message.interest, message.wanted);
    else void close();
  }
  if (numbered.length > 0) run(numbered);
}

function run(numbered: readonly [number, Unit][]): void {
  const units = numbered.map(([, unit]) => unit);
  store.run(units, (place, answer) => {
    if (outbox.length === 0) queueMicrotask(sendAnswers);
    outbox.push([numbered[place]![0], plain(answer)]);
  });
}

function plain(answer: Answer): PlainAnswer {
  return answer.ok ? answer : { ok: false, error: toPlainError(answer.error) };
}

function sendAnswers(): void {
  const answers = outbox;
  outbox = [];
  send({ type: 'answers', answers });
}

function attend(interest: Interest, wanted: boolean): void {
  subscriptions.get(interest)?.();
  subscriptions.delete(interest);
  if (!wanted) return;
  subscriptions.set(interest, store.subscribe(interest, (event) => { send({ type: 'event', event }); }));
}

function send(message: FromKeeper): void {
  port!.postMessage(message);
}

async function close(): Promise<void> {
  await store.close();
  port!.close();
}
