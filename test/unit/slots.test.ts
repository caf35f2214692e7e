import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Slots } from '../../dist/worker/slots.js';

describe('the slots of a worker', () => {
  test('are taken, and are free again once they are given back', () => {
    const slots = new Slots('w', 3);
    const taken = slots.take(2);
    assert.deepEqual([taken.length, slots.free], [2, 1]);
    slots.giveBack(taken);
    assert.equal(slots.free, 3);
  });

  test('of jobs that have come are not free any more', () => {
    const slots = new Slots('w', 3);
    slots.occupy(['w-1']);
    assert.deepEqual(slots.take(3).toSorted(), ['w-0', 'w-2']);
  });

  test('of jobs that have come are not given back by a claim that asked for them too', () => {
    const slots = new Slots('w', 2);
    const asked = slots.take(2);
    slots.occupy(['w-0']);
    slots.giveBack(asked);
    assert.deepEqual(slots.take(2), ['w-1']);
    slots.giveBack(['w-0']);
    assert.deepEqual(slots.take(2), ['w-0']);
  });
});
