/**
 * The keeper: the thread that owns a store, so that nobody's event loop waits for a disk or a lock. It takes everything
 * that has arrived before it starts a transaction, and sends everything that one answered in one message.
 */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { toPlainError } from '../core/errors.ts';
import type { FromKeeper, KeeperOptions, PlainAnswer, ToKeeper } from './messages.ts';
import { openHere } from './open.ts';
import { packReply, unpackUnit } from './packing.ts';
import type { Answer, Interest, Unit } from './store.ts';

const port = portToOwner();

const store = openHere({
  ...(workerData as KeeperOptions),
  endProcess: () => process.kill(process.pid, 'SIGKILL'),
});
const subscriptions = new Map<Interest, () => void>();
let outbox: [number, PlainAnswer][] = [];

port.on('message', (message: ToKeeper) => {
  take([message, ...arrived()]);
});

function arrived(): ToKeeper[] {
  const messages: ToKeeper[] = [];
  for (let next = receive(); next !== undefined; next = receive()) messages.push(next);
  return messages;
}

function receive(): ToKeeper | undefined {
  return receiveMessageOnPort(port)?.message as ToKeeper | undefined;
}

function take(messages: readonly ToKeeper[]): void {
  const runs = messages.filter((message) => message.type === 'run');
  const units = runs.flatMap((message) => message.units.map(unpackUnit));
  const numbers = runs.flatMap(({ first, units: { length } }) =>
    Array.from({ length }, (_, place) => first + place),
  );
  for (const message of messages) {
    if (message.type === 'interest') attend(message.interest, message.wanted);
    else if (message.type === 'close') void close();
  }
  if (units.length > 0) run(units, numbers);
}

function run(units: readonly Unit[], numbers: readonly number[]): void {
  store.run(units, (place, answer) => {
    if (outbox.length === 0) queueMicrotask(sendAnswers);
    outbox.push([numbers[place] as number, plain(units[place] as Unit, answer)]);
  });
}

function plain({ op }: Unit, answer: Answer): PlainAnswer {
  return answer.ok
    ? { ok: true, reply: packReply(op, answer.reply) }
    : { ok: false, error: toPlainError(answer.error) };
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
  subscriptions.set(
    interest,
    store.subscribe(interest, (event) => {
      send({ type: 'event', event });
    }),
  );
}

function send(message: FromKeeper): void {
  port.postMessage(message);
}

async function close(): Promise<void> {
  await store.close();
  port.close();
}

function portToOwner(): MessagePort {
  if (parentPort === null)
    throw new Error('The keeper is started by gigq, as a thread of its own.');
  return parentPort;
}
