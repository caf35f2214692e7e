import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decide, type Decidable, type Outcome, type ProcessLost } from '../../dist/core/decide.js';
import type { RetryPolicy, Settlement } from '../../dist/core/job.js';
import { allows, isFinal } from '../../dist/core/state.js';

const lease = { seq: 7, lane: 1, workflow: null, token: 42 };
const error = { name: 'Error', message: 'it broke' };

const innocent = { crashes: 0, expiries: 0, suspect: false };

function job(properties: Partial<Decidable>): Decidable {
  return { lease, attempts: 1, maxAttempts: 3, retry: null, ...innocent, ...properties };
}

const failed: Outcome = { kind: 'failed', error, final: false };
const timeout: Outcome = { kind: 'timeout', error };

const plain: Settlement = {
  lease,
  status: 'pending',
  attempts: 1,
  due: null,
  result: null,
  error: null,
  execution: 'completed',
  ...innocent,
};

describe('decide', () => {
  test('a result completes the job, in its last attempt too', () => {
    const outcome: Outcome = { kind: 'completed', result: '{"n":1}' };
    const done = { ...plain, status: 'completed', result: '{"n":1}' };
    assert.deepEqual(decide(job({}), outcome, 0), done);
    assert.deepEqual(decide(job({ attempts: 3 }), outcome, 0), { ...done, attempts: 3 });
  });

  for (const [execution, outcome] of Object.entries({ failed, timeout })) {
    test(`${execution} with attempts left makes the job ready at once when it has no delay`, () => {
      const again = { ...plain, status: 'pending', error, execution, attempts: 2 };
      assert.deepEqual(decide(job({ attempts: 2 }), outcome, 0), again);
    });

    test(`${execution} with attempts left schedules the job by its delay`, () => {
      const retry: RetryPolicy = { delay: '10s', backoff: 'exponential' };
      const later = {
        status: 'scheduled',
        due: { afterMs: 20_000 },
        error,
        execution,
        attempts: 2,
      };
      assert.deepEqual(decide(job({ attempts: 2, retry }), outcome, 0), { ...plain, ...later });
    });

    test(`${execution} in the last attempt ends the job as ${execution}`, () => {
      const over = { ...plain, status: execution, error, execution, attempts: 3 };
      assert.deepEqual(decide(job({ attempts: 3, retry: { delay: '1s' } }), outcome, 0), over);
    });

    test(`${execution} beyond the last attempt ends the job as well`, () => {
      assert.equal(decide(job({ attempts: 9 }), outcome, 0).status, execution);
    });
  }

  test('an error that is final fails the job, whatever attempts are left', () => {
    const settlement = decide(job({ retry: { delay: '1s' } }), { ...failed, final: true }, 0);
    assert.deepEqual(settlement, { ...plain, status: 'failed', error, execution: 'failed' });
  });

  test('a handler that asks for later is not charged, and keeps its reason', () => {
    const due = { afterMs: 5000 };
    const settlement = decide(job({ attempts: 3 }), { kind: 'postponed', due, error }, 0);
    const later = { status: 'scheduled', attempts: 2, due, error, execution: 'released' };
    assert.deepEqual(settlement, { ...plain, ...later });
  });

  test('a handler that asks for an instant gets it, even one that has passed', () => {
    const due = { atMs: 5 };
    const settlement = decide(job({}), { kind: 'postponed', due, error: null }, 0);
    assert.deepEqual([settlement.status, settlement.due], ['scheduled', due]);
  });

  test('a handler that asks for no delay is ready at once', () => {
    const outcome: Outcome = { kind: 'postponed', due: { afterMs: 0 }, error: null };
    const { status, due } = decide(job({}), outcome, 0);
    assert.deepEqual([status, due], ['pending', null]);
  });

  test('a job given back is ready at once, not charged, whatever its delay', () => {
    const retry = { delay: '1h' };
    const back = { ...plain, status: 'pending', attempts: 2, execution: 'released' };
    assert.deepEqual(decide(job({ attempts: 3, retry }), { kind: 'released' }, 0), back);
  });

  test('a job whose worker is gone is ready at once, not charged, in its last attempt too', () => {
    const gone = { ...plain, status: 'pending', attempts: 2, error, execution: 'lost' };
    assert.deepEqual(decide(job({ attempts: 3 }), { kind: 'lost', error }, 0), gone);
  });

  describe('a job whose process is gone', () => {
    const again = { ...plain, status: 'pending', attempts: 0, error, execution: 'lost' };
    const after = (kind: ProcessLost['kind'], record: Partial<Decidable> = {}): Settlement =>
      decide(job(record), { kind, error }, 0);

    test('is a suspect with a crash more if it must have been the cause', () => {
      assert.deepEqual(after('crashed'), { ...again, crashes: 1, suspect: true });
    });

    test('is a suspect if it may have been', () => {
      assert.deepEqual(after('suspected'), { ...again, suspect: true });
    });

    test('keeps its name, and counts the lease, if nobody knows', () => {
      assert.deepEqual(after('expired'), { ...again, expiries: 1 });
    });

    test('has nothing to do with what another one did, and stays the suspect that it was', () => {
      const suspect = { crashes: 2, expiries: 4, suspect: true };
      assert.deepEqual(after('lost'), again);
      assert.deepEqual(after('lost', suspect), { ...again, ...suspect });
    });

    test('fails with its third crash, with as many words', () => {
      const { status, execution, attempts, ...rest } = after('crashed', { crashes: 2 });
      assert.deepEqual([status, execution, attempts], ['failed', 'lost', 0]);
      assert.deepEqual([rest.crashes, rest.error?.name], [3, 'CrashLoop']);
      assert.match(rest.error?.message ?? '', /ended the process .* 3 times.*stderr.*it broke/u);
      assert.deepEqual(rest.error?.cause, error);
    });

    test('fails with its fifth expired lease, and not before', () => {
      assert.equal(after('expired', { expiries: 3 }).status, 'pending');
      const { status, error: why } = after('expired', { expiries: 4 });
      assert.equal(status, 'failed');
      assert.match(why?.message ?? '', /lost 5 times/u);
    });

    test('is cleared by a run that comes to its own end, not by being given back; its crashes stay counted', () => {
      const suspect = job({ crashes: 2, expiries: 1, suspect: true });
      const cleared = { crashes: 2, expiries: 1, suspect: false };
      for (const ending of [failed, timeout])
        assert.partialDeepStrictEqual(decide(suspect, ending, 0), cleared);
      assert.equal(decide(suspect, { kind: 'released' }, 0).suspect, true);
    });
  });

  test('the charge never falls below nothing', () => {
    assert.equal(decide(job({ attempts: 0 }), { kind: 'released' }, 0).attempts, 0);
  });

  test('jitter draws by the number that was given', () => {
    const shaky = job({ retry: { delay: '10s', jitter: true } });
    const dueOf = (draw: number): unknown => decide(shaky, failed, draw).due;
    assert.deepEqual(dueOf(0), { afterMs: 5000 });
    assert.deepEqual(dueOf(0.5), { afterMs: 7500 });
  });
});

function isLoss({ kind }: Outcome): boolean {
  return ['crashed', 'suspected', 'expired', 'lost'].includes(kind);
}

const due = fc.oneof(
  fc.record({ afterMs: fc.integer({ min: 0, max: 1e12 }) }),
  fc.record({ atMs: fc.integer({ min: -1e12, max: 1e13 }) }),
);
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ kind: fc.constant('completed' as const), result: fc.json() }),
  fc.record({
    kind: fc.constant('failed' as const),
    error: fc.constant(error),
    final: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('timeout' as const), error: fc.constant(error) }),
  fc.record({ kind: fc.constant('postponed' as const), due, error: fc.constant(null) }),
  fc.record({ kind: fc.constant('released' as const) }),
  fc.record({
    kind: fc.constantFrom('crashed' as const, 'suspected', 'expired', 'lost'),
    error: fc.constant(error),
  }),
);
const retry = fc.option(
  fc.record({
    delay: fc.constantFrom('0ms', '1ms', '1s', '1d', '100d'),
    backoff: fc.constantFrom('fixed' as const, 'exponential' as const),
    jitter: fc.boolean(),
  }),
);
const running = fc.record({
  lease: fc.constant(lease),
  attempts: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100_000 })),
  maxAttempts: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Number.MAX_SAFE_INTEGER)),
  retry,
  crashes: fc.nat(2),
  expiries: fc.nat(4),
  suspect: fc.boolean(),
});
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('whatever is decided', () => {
  test('is a transition that the table of states has', () => {
    const property = fc.property(running, outcome, draw, (claimed, ending, random) => {
      assert.ok(allows('settle', 'running', decide(claimed, ending, random).status));
    });
    fc.assert(property);
  });

  test('names a moment if and only if the job is scheduled, and one that can be stored', () => {
    const property = fc.property(running, outcome, draw, (claimed, ending, random) => {
      const settlement = decide(claimed, ending, random);
      assert.equal(settlement.due !== null, settlement.status === 'scheduled');
      const moments = Object.values(settlement.due ?? {});
      assert.ok(
        moments.every((ms) => Number.isSafeInteger(ms)),
        JSON.stringify(settlement),
      );
    });
    fc.assert(property);
  });

  test('charges what was claimed or one less, and a result only to what completed', () => {
    const property = fc.property(running, outcome, draw, (claimed, ending, random) => {
      const { attempts, result, status, execution } = decide(claimed, ending, random);
      const isCharged = ['completed', 'failed', 'timeout'].includes(ending.kind);
      assert.equal(attempts, isCharged ? claimed.attempts : claimed.attempts - 1);
      assert.equal(result !== null, status === 'completed');
      if (isFinal(status)) assert.equal(execution, isLoss(ending) ? 'lost' : status);
    });
    fc.assert(property);
  });

  test('ends a job that has no attempts left, and no other unless it is told to', () => {
    const property = fc.property(running, outcome, draw, (claimed, ending, random) => {
      const { status } = decide(claimed, ending, random);
      const isOut = claimed.attempts >= claimed.maxAttempts;
      if (ending.kind === 'timeout') assert.equal(status === 'timeout', isOut);
      if (ending.kind === 'failed') assert.equal(status === 'failed', isOut || ending.final);
    });
    fc.assert(property);
  });
});
