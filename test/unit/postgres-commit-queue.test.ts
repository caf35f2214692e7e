import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attempt } from '../../dist/store/postgres/at-once.js';
import { CommitQueue } from '../../dist/store/postgres/commit-queue.js';
import { NotAsHoped, Passing } from '../../dist/store/postgres/postgres-error.js';
import type { Answer, Unit } from '../../dist/store/store.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { newJob, newJobs, unit } from '../helpers/store-seam.ts';
import { turn } from '../helpers/store-turn.ts';

type End = readonly Answer[] | Error;

/** A transaction that was sent in one piece, and is told how it ends. */
interface Piece {
  succeed(): void;
  fail(error: Error): void;
}

/** Of what is looked for, or of the first of the jobs that are to be stored. */
function nameOf({ op, input }: Unit): string {
  return op === 'enqueue' ? (input[0]?.id ?? '') : (input as string);
}

/** A server that is told when, and how, each transaction ends. */
function setUp() {
  const clock = new FakeClock();
  const batches: string[][] = [];
  const waits: number[] = [];
  const pieces: Piece[] = [];
  const inOnePiece = (units: readonly Unit[]): Attempt => {
    const { promise: answers, resolve, reject } = Promise.withResolvers<readonly Answer[]>();
    const succeed = (): void => resolve(units.map(() => ({ ok: true, reply: null })));
    pieces.push({ succeed, fail: reject });
    return { sent: Promise.resolve(), answers };
  };
  let end: (end: End) => void = () => undefined;
  let givenUp = 0;
  const queue = new CommitQueue(
    {
      isAtOnce: (units) => units.every(({ op }) => op === 'enqueue'),
      begin(units, { waitMs, isAtOnce }) {
        batches.push(units.map(nameOf));
        waits.push(waitMs);
        if (isAtOnce) return inOnePiece(units);
        const { promise: answers, resolve, reject } = Promise.withResolvers<readonly Answer[]>();
        const { promise: sent, resolve: over } = Promise.withResolvers<void>();
        end = (how) => {
          if (how instanceof Error) reject(how);
          else resolve(how);
          over();
        };
        return { sent, answers };
      },
      giveUp() {
        givenUp += 1;
        end(new Passing('unreachable', new Error('gone')));
      },
      tooLate: (trouble) => new Error(`too late: ${trouble?.kind ?? 'unknown'}`),
    },
    clock,
  );
  const answers: string[] = [];
  const addUnit = (name: string, added: Unit): void => {
    queue.add([added], (_, answer) => answers.push(told(name, answer)));
  };
  const add = (name: string, waitMs = 30_000): void => {
    addUnit(name, unit('get', name, { waitMs }));
  };
  const finish = async (how?: End): Promise<void> => {
    end(how ?? (batches.at(-1) ?? []).map(() => ({ ok: true, reply: null })));
    await turn();
  };
  return {
    clock,
    queue,
    batches,
    waits,
    pieces,
    answers,
    add,
    addUnit,
    finish,
    timesGivenUp: () => givenUp,
  };
}

function told(name: string, answer: Answer): string {
  return answer.ok ? name : `${name}: ${(answer.error as Error).message}`;
}

const lockWait = new Passing('locked', Object.assign(new Error('timeout'), { code: '55P03' }));
const deadlock = new Passing('locked', new Error('deadlock detected'));

describe('units that come while a transaction is under way', () => {
  test('share the next one, in their order', async () => {
    const { batches, answers, add, finish } = setUp();
    for (const name of ['a', 'b', 'c']) add(name);
    await finish();
    await finish();
    assert.deepEqual(batches, [['a'], ['b', 'c']]);
    assert.deepEqual(answers, ['a', 'b', 'c']);
  });

  test('are taken up also from within an answer', async () => {
    const { queue, batches, finish } = setUp();
    const units: Unit[] = [unit('get', 'a')];
    queue.add(units, () => {
      queue.add([unit('get', 'b')], () => undefined);
    });
    await finish();
    assert.deepEqual(batches, [['a'], ['b']]);
  });
});

describe('a unit that waits for a lock in vain', () => {
  const named = (name: string, caller: number): Unit => unit('get', name, { caller });

  test('is tried again now and then, for a moment, while other callers go on', async () => {
    const { clock, batches, waits, answers, addUnit, finish } = setUp();
    addUnit('stuck', named('stuck', 1));
    await finish(lockWait);
    addUnit('other', named('other', 2));
    await turn();
    await finish();
    addUnit('after', named('after', 1));
    await turn();
    assert.deepEqual(answers, ['other']);
    await clock.advance(500);
    assert.deepEqual([batches.at(-1), waits.at(-1)], [['stuck'], 50]);
    await finish(lockWait);
    assert.deepEqual(answers, ['other']);
    await clock.advance(500);
    await finish();
    await finish();
    assert.deepEqual(answers, ['other', 'stuck', 'after']);
  });

  test('is found among those that shared its transaction', async () => {
    const { clock, batches, answers, addUnit, finish } = setUp();
    addUnit('first', named('first', 1));
    for (const [name, caller] of Object.entries({ a: 2, stuck: 3, c: 4 }))
      addUnit(name, named(name, caller));
    await finish();
    await finish(lockWait);
    await finish();
    await finish(lockWait);
    await finish();
    assert.deepEqual(answers, ['first', 'a', 'c']);
    await clock.advance(500);
    await finish();
    assert.deepEqual(batches.at(-1), ['stuck']);
    assert.equal(answers.at(-1), 'stuck');
  });

  test('lets its own caller go on if it is a settlement', async () => {
    const { answers, addUnit, finish } = setUp();
    addUnit('settlement', unit('settle', [], { caller: 1 }));
    await finish(lockWait);
    addUnit('claim', named('claim', 1));
    await turn();
    await finish();
    assert.deepEqual(answers, ['claim']);
  });

  test('is refused when its time is up', async () => {
    const { clock, answers, addUnit, finish } = setUp();
    addUnit('stuck', unit('get', 'stuck', { waitMs: 700 }));
    await finish(lockWait);
    await clock.advance(500);
    await finish(lockWait);
    await clock.advance(200);
    assert.deepEqual(answers, ['stuck: too late: locked']);
  });
});

describe('a transaction that fails', () => {
  test('is carried out unit by unit, and only the one at fault is refused', async () => {
    const { batches, answers, add, finish } = setUp();
    for (const name of ['first', 'a', 'bad', 'c']) add(name);
    await finish();
    await finish(new Error('no such value'));
    await finish();
    await finish(new Error('no such value'));
    await finish();
    assert.deepEqual(batches, [['first'], ['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
    assert.deepEqual(answers, ['first', 'a', 'bad: no such value', 'c']);
  });

  test('for a reason that will pass is tried again, together, after a pause', async () => {
    const { clock, batches, answers, add, finish } = setUp();
    add('first');
    add('a');
    add('b');
    await finish();
    await finish(deadlock);
    assert.equal(batches.length, 2);
    await clock.advance(2);
    await finish();
    assert.deepEqual(batches.slice(1), [
      ['a', 'b'],
      ['a', 'b'],
    ]);
    assert.deepEqual(answers, ['first', 'a', 'b']);
  });

  test('again and again is tried until the time of its unit is up, and no longer', async () => {
    const { clock, answers, add, finish } = setUp();
    add('a', 100);
    for (let round = 0; round < 50 && answers.length === 0; round += 1) {
      await finish(deadlock);
      await clock.advance(10);
    }
    assert.deepEqual(answers, ['a: too late: locked']);
    assert.ok(clock.mono() >= 100 && clock.mono() < 200, `after ${clock.mono()} ms`);
  });

  test('leaves those more time that have more', async () => {
    const { clock, waits, answers, add, finish } = setUp();
    add('first');
    add('short', 100);
    add('long', 1000);
    await finish();
    assert.deepEqual(waits[1], 100);
    await clock.advance(100);
    await finish(deadlock);
    assert.deepEqual(answers, ['first', 'short: too late: locked']);
    await clock.advance(10);
    await finish();
    assert.deepEqual(answers.at(-1), 'long');
  });
});

describe('transactions that are sent in one piece', () => {
  /** Of a caller of its own, unless one is named. */
  const many = (name: string, caller = name.charCodeAt(0)): Unit =>
    unit('enqueue', [newJob(name), ...newJobs(40)], { caller });

  test('go behind one that is not answered yet, two at a time', async () => {
    const { batches, pieces, answers, addUnit } = setUp();
    for (const name of ['a', 'b', 'c']) {
      addUnit(name, many(name));
      await turn();
    }
    assert.deepEqual(batches, [['a'], ['b']]);
    pieces[0]?.succeed();
    await turn();
    assert.deepEqual([batches, answers], [[['a'], ['b'], ['c']], ['a']]);
  });

  test('wait for the one before if it is not, or if they are few jobs', async () => {
    const { batches, pieces, add, addUnit, finish } = setUp();
    addUnit('a', many('a'));
    await turn();
    addUnit('few', unit('enqueue', [newJob('few')]));
    await turn();
    assert.deepEqual(batches, [['a']]);
    pieces[0]?.succeed();
    await turn();
    add('look');
    await turn();
    assert.deepEqual(batches, [['a'], ['few']]);
    pieces[1]?.succeed();
    await turn();
    addUnit('b', many('b'));
    await turn();
    assert.deepEqual(batches, [['a'], ['few'], ['look']]);
    await finish();
    assert.deepEqual(batches.at(-1), ['b']);
  });

  test('wait for the one before if somebody has asked for something in both', async () => {
    const { batches, pieces, addUnit } = setUp();
    addUnit('a', many('a', 1));
    await turn();
    addUnit('b', many('b', 1));
    await turn();
    assert.deepEqual(batches, [['a']]);
    pieces[0]?.succeed();
    await turn();
    assert.deepEqual(batches, [['a'], ['b']]);
  });

  test('are carried out step by step, after those on their way, if they have to be', async () => {
    const { batches, pieces, answers, addUnit, finish } = setUp();
    addUnit('a', many('a'));
    await turn();
    addUnit('b', many('b'));
    await turn();
    pieces[0]?.fail(new NotAsHoped(undefined));
    await turn();
    assert.deepEqual(batches, [['a'], ['b']]);
    pieces[1]?.succeed();
    await turn();
    assert.equal(pieces.length, 2);
    await finish();
    assert.deepEqual([batches.at(-1), answers], [['a'], ['b', 'a']]);
  });

  test('that are lost together are tried again together, in their order', async () => {
    const { clock, batches, pieces, answers, addUnit } = setUp();
    addUnit('a', many('a'));
    await turn();
    addUnit('b', many('b'));
    await turn();
    for (const piece of pieces) piece.fail(new Passing('unreachable', new Error('gone')));
    await turn();
    await clock.advance(10);
    pieces.at(-1)?.succeed();
    await turn();
    assert.deepEqual([batches.length, batches.at(-1)], [3, ['a', 'b']]);
    assert.deepEqual(answers, ['a', 'b']);
  });
});

describe('a server that is not heard of', () => {
  test('is given up when the time of a unit is up', async () => {
    const { clock, answers, add, timesGivenUp } = setUp();
    add('a', 1000);
    await clock.advance(1499);
    assert.deepEqual([answers, timesGivenUp()], [[], 0]);
    await clock.advance(1);
    await turn();
    assert.deepEqual([answers, timesGivenUp()], [['a: too late: unreachable'], 1]);
  });
});

describe('a unit that waits while a transaction is under way', () => {
  test('waits no longer than it may, however long that one takes', async () => {
    const { clock, answers, add } = setUp();
    add('long');
    add('longer');
    add('short', 1000);
    await clock.advance(999);
    assert.deepEqual(answers, []);
    await clock.advance(1);
    assert.deepEqual(answers, ['short: too late: unknown']);
    await clock.advance(28_999);
    assert.deepEqual(answers, ['short: too late: unknown']);
    await clock.advance(1);
    assert.deepEqual(answers.at(-1), 'longer: too late: unknown');
  });

  test('is carried out by the next one, if it still may', async () => {
    const { clock, batches, answers, add, finish } = setUp();
    add('first');
    add('second', 1000);
    await clock.advance(999);
    await finish();
    await finish();
    await clock.advance(30_000);
    assert.deepEqual(
      [batches, answers],
      [
        [['first'], ['second']],
        ['first', 'second'],
      ],
    );
  });
});

describe('a queue that is closed', () => {
  test('refuses what waits, and tries nothing again', async () => {
    const { queue, batches, answers, add, finish } = setUp();
    add('a');
    add('b');
    const closed = queue.abandon(new Error('closed'));
    await finish(deadlock);
    await closed;
    assert.deepEqual(batches, [['a']]);
    assert.deepEqual(answers, ['b: closed', 'a: too late: locked']);
  });

  test('does step by step what has to be, also while others were to be tried again', async () => {
    const { queue, pieces, answers, addUnit, finish } = setUp();
    for (const [caller, name] of ['a', 'b'].entries()) {
      addUnit(name, unit('enqueue', [newJob(name), ...newJobs(40)], { caller }));
      await turn();
    }
    pieces[0]?.fail(deadlock);
    await turn();
    const closed = queue.abandon(new Error('closed'));
    pieces[1]?.fail(new NotAsHoped(undefined));
    await turn();
    await finish();
    await closed;
    assert.deepEqual(answers, ['a: closed', 'b']);
  });
});
