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

  test('of a large worker are claimed in halves, those of others all together', () => {
    assert.deepEqual(
      [1, 10, 49, 50, 101].map((count) => new Slots('w', count).atOnce),
      [1, 10, 49, 25, 51],
    );
  });

  test('are claimed beside a claim for few of them, and of a large worker beside any', () => {
    const ten = new Slots('w', 10);
    assert.deepEqual(
      [1, 4, 5, 10].map((asked) => ten.mayClaimBeside(asked)),
      [true, true, false, false],
    );
    assert.equal(new Slots('w', 100).mayClaimBeside(50), true);
    assert.equal(new Slots('w', 1).mayClaimBeside(1), false);
  });
});
