// What crosses the keeper's border by place arrives as it was sent, each value under its own name.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClaimedJob, NewJob, Settlement } from '../../dist/core/job.js';
import { packReply, packUnit, unpackReply, unpackUnit } from '../../dist/store/packing.js';
import type { Claim, Unit } from '../../dist/store/store.js';

const lease = { seq: 1, lane: 2, workflow: 3, token: 4 };
const error = { name: 'Error', message: 'it broke' };

const submitted = {
  id: 'an id',
  task: 'a task',
  queue: 'a queue',
  name: 'a name',
  description: 'a description',
  params: '{"n":1}',
  priority: 5,
};

// No two values of a message are alike, so that none can stand in another's place unseen.
const newJob: NewJob = {
  ...submitted,
  maxAttempts: 6,
  timeout: '7s',
  retry: { delay: '8s' },
  due: { afterMs: 9 },
  parents: { list: [], onFailure: 'run', passResults: true },
};
const settlement: Settlement = {
  lease,
  status: 'scheduled',
  attempts: 10,
  due: { atMs: 11 },
  result: '"a result"',
  error,
  execution: 'lost',
  crashes: 12,
  expiries: 13,
  suspect: true,
  paramsLength: 14,
};
const claimedJob: ClaimedJob = {
  lease,
  ...submitted,
  attempts: 6,
  maxAttempts: 7,
  number: 8,
  timeout: '9s',
  retry: { delay: '10s' },
  slot: 'a slot',
  createdAtMs: 11,
  startedAtMs: 12,
  runAtMs: 13,
  error,
  workflow: 'a workflow',
  dependencies: ['a parent'],
  inputs: 'ask',
  crashes: 14,
  expiries: 15,
  suspect: true,
};
const claim: Claim = {
  jobs: [claimedJob],
  nextDueMs: 16,
  unknownTasks: ['another task'],
  fenced: true,
};
const call = { caller: 17, waitMs: 18 };

/** As it is on the other side of a thread's border. */
function crossed<T>(message: T): T {
  return structuredClone(message);
}

describe('packing', () => {
  test('a unit arrives as it was sent', () => {
    const units: readonly Unit[] = [
      { op: 'enqueue', input: [newJob, { ...newJob, id: 'another id', parents: null }], ...call },
      { op: 'settle', input: [settlement, { ...settlement, result: null }], ...call },
      { op: 'cancel', input: ['an id'], ...call },
    ];
    for (const unit of units) assert.deepEqual(unpackUnit(crossed(packUnit(unit))), unit);
  });

  test('a settlement of params of unknown length counts them as nothing', () => {
    const { paramsLength: _, ...ending } = settlement;
    const unit: Unit = { op: 'settle', input: [ending], ...call };
    const input = [{ ...ending, paramsLength: 0 }];
    assert.deepEqual(unpackUnit(packUnit(unit)), { ...unit, input });
  });

  test('a reply arrives as it was given', () => {
    assert.deepEqual(unpackReply('claim', crossed(packReply('claim', claim))), claim);
    assert.deepEqual(unpackReply('cancel', crossed(packReply('cancel', [true]))), [true]);
  });
});
