import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LookOrder } from '../../dist/client/look-order.js';

function waitingFor(count: number): {
  readonly waiting: Map<string, true>;
  readonly order: LookOrder;
} {
  const waiting = new Map<string, true>();
  const order = new LookOrder(waiting);
  for (let number = 0; number < count; number++) {
    waiting.set(`job-${number}`, true);
    order.add(`job-${number}`);
  }
  return { waiting, order };
}

/** Every look until nothing is left to be looked at. */
function looks(order: LookOrder): string[][] {
  const all: string[][] = [];
  while (!order.isDone) all.push(order.next());
  return all;
}

test('a thousand jobs are looked at in one look', () => {
  const { waiting, order } = waitingFor(1000);
  assert.deepEqual(looks(order), [[...waiting.keys()]]);
  order.refresh();
  assert.equal(looks(order).length, 1);
});

test('of more, each look takes a thousand, those first that were never looked at', () => {
  const { waiting, order } = waitingFor(5000);
  const [one = [], two = [], ...rest] = looks(order);
  assert.deepEqual([...one, ...two], [...waiting.keys()].slice(0, 2000));
  for (const look of [one, two, ...rest]) assert.equal(new Set(look).size, 1000);
});

test('whatever may have ended is looked at within few looks, the oldest in each of them', () => {
  const { waiting, order } = waitingFor(5000);
  looks(order);
  order.refresh();
  const again = looks(order);
  assert.equal(new Set(again.flat()).size, waiting.size);
  assert.ok(again.length <= 10, `it took ${again.length} looks`);
  for (const look of again) assert.ok(look.includes('job-0'));
});

test('one that comes late is in the next look', () => {
  const { waiting, order } = waitingFor(5000);
  looks(order);
  waiting.set('late', true);
  order.add('late');
  assert.ok(order.next().includes('late'));
});

test('one that has left is not looked at any more', () => {
  const { waiting, order } = waitingFor(3000);
  order.next();
  for (const id of [...waiting.keys()].slice(0, 2500)) {
    waiting.delete(id);
    order.remove(id);
  }
  assert.deepEqual(looks(order), [[...waiting.keys()]]);
  waiting.clear();
  order.refresh();
  assert.equal(order.isDone, true);
});
