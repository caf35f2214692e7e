import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Decidable, decide } from '../../dist/core/decide.js';
import { CommitQueue } from '../../dist/store/sqlite/commit-queue.js';
import type { Answer, Unit } from '../../dist/store/store.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { newJob, newJobs, noSuspects, unit } from '../helpers/store-seam.ts';
import { heavyWrite, read, WordTransactions, write } from '../helpers/store-transactions.ts';

function setUp() {
  const words = new WordTransactions();
  const clock = new FakeClock();
  const queue = new CommitQueue(words, clock);
  const answers: string[] = [];
  const add = (...units: Unit[]): void => {
    queue.add(units, (place, answer) => answers.push(`${place}:${told(answer)}`));
  };
  return { words, clock, queue, answers, add };
}

const running: Decidable = {
  lease: { seq: 1, lane: 1, workflow: null, token: 1 },
  attempts: 1,
  maxAttempts: 3,
  retry: null,
  crashes: 0,
  expiries: 0,
  suspect: false,
};

function told(answer: Answer): string {
  if (answer.ok) return answer.reply as unknown as string;
  const { code, message } = answer.error as { code?: string; message: string };
  return code ?? message;
}

describe('units that come together', () => {
  test('share one transaction', () => {
    const { words, answers, add } = setUp();
    add(write('a'), write('b'), write('c'));
    assert.deepEqual(answers, ['0:a', '1:b', '2:c']);
    assert.deepEqual([words.begins, words.commits], [1, 1]);
  });

  test('take no transaction when they only read', () => {
    const { words, answers, add } = setUp();
    add(read(), read({ caller: 2 }));
    assert.deepEqual(answers, ['0:', '1:']);
    assert.equal(words.begins, 0);
  });

  test('run in order: a read sees the writes before it and none after', () => {
    const { answers, add } = setUp();
    add(write('a'), read(), write('b'), read());
    assert.deepEqual(answers, ['0:a', '1:a', '2:b', '3:a b']);
  });

  test('are split when there are too many for one transaction', () => {
    const { words, add } = setUp();
    add(heavyWrite(700), heavyWrite(300), heavyWrite(1));
    assert.equal(words.commits, 2);
  });

  test('are split by the jobs of their workflows, and by the size of what they hold', () => {
    const workflow = { id: 'w', name: 'w' };
    const jobs = newJobs(700);
    const graph = unit('enqueueWorkflow', { workflow, jobs });
    const large = unit('enqueue', [newJob('large', { params: 'x'.repeat(500_000) })]);
    const result = JSON.stringify('x'.repeat(250_000));
    const settlement = decide(running, { kind: 'completed', result }, 0);
    const settled = unit('settle', [{ ...settlement, paramsLength: 250_000 }]);
    const five = (each: Unit): Unit[] => Array.from({ length: 5 }, () => each);
    for (const units of [[graph, graph], five(large), five(settled)]) {
      const { words, add } = setUp();
      add(...units);
      assert.equal(words.commits, 2);
    }
  });

  test('are taken one by one when a single one is too many', () => {
    const { words, add } = setUp();
    add(heavyWrite(20_000), heavyWrite(1));
    assert.equal(words.commits, 2);
  });

  test('count slots of a claim as they count jobs', () => {
    const { words, add } = setUp();
    const slots = Array.from({ length: 700 }, () => 'w');
    const request = {
      worker: { instance: 'w', epoch: 1 },
      tasks: [],
      queues: null,
      slots,
      ...noSuspects,
    };
    add(unit('claim', request), unit('claim', request), write('a'));
    assert.equal(words.commits, 2);
  });
});

describe('a unit that fails', () => {
  test('is rejected alone when it is refused, in the same transaction', () => {
    const { words, answers, add } = setUp();
    add(write('a'), write('refused'), write('b'));
    assert.deepEqual(answers, ['0:a', '1:too_large', '2:b']);
    assert.deepEqual([words.words, words.commits], [['a', 'b'], 1]);
  });

  test('is rejected alone when it breaks, and the others are committed in order', () => {
    const { words, answers, add } = setUp();
    add(write('a'), write('bad'), write('b'), read());
    assert.deepEqual(answers, ['0:a', '1:bad', '2:b', '3:a b']);
    assert.deepEqual(words.words, ['a', 'b']);
  });

  test('is rejected alone when it only reads', () => {
    const { answers, add } = setUp();
    add(read(), unit('get', 'broken'), read());
    assert.deepEqual(answers, ['0:', '1:database_corrupt', '2:']);
  });

  test('does not wait for what failed beside it', () => {
    const { words, answers, add } = setUp();
    add(write('bad'));
    add(write('a'), write('b'));
    assert.deepEqual(answers, ['0:bad', '0:a', '1:b']);
    assert.equal(words.commits, 1);
  });
});

describe('a commit that fails', () => {
  test('rejects all that shared it, and nothing of them stays', () => {
    const { words, answers, add } = setUp();
    words.failures = 100;
    add(write('a'), write('b'), write('c'));
    assert.deepEqual(answers, ['0:database_full', '1:database_full', '2:database_full']);
    assert.deepEqual(words.words, []);
  });

  test('and then succeeds for one by one answers each once', () => {
    const { words, answers, add } = setUp();
    words.failures = 1;
    add(write('a'), write('b'));
    assert.deepEqual(answers, ['0:a', '1:b']);
    assert.deepEqual(words.words, ['a', 'b']);
  });

  test('leaves the queue in order for what comes next', () => {
    const { words, answers, add } = setUp();
    words.failures = 1;
    add(write('a'));
    add(write('b'));
    assert.deepEqual(answers, ['0:database_full', '0:b']);
    assert.deepEqual(words.words, ['b']);
  });
});

describe('while somebody else holds the lock', () => {
  test('a write waits, and is done when the lock is free', async () => {
    const { words, clock, answers, add } = setUp();
    words.isLocked = true;
    add(write('a'));
    await clock.advance(5000);
    assert.deepEqual(answers, []);
    words.isLocked = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:a']);
    assert.equal(clock.pending, 0);
  });

  test('a write waits as long as it may, then it is rejected and has changed nothing', async () => {
    const { words, clock, answers, add } = setUp();
    words.isLocked = true;
    add(write('short', { waitMs: 2000 }), write('long', { waitMs: 30_000, caller: 2 }));
    await clock.advance(1999);
    assert.deepEqual(answers, []);
    await clock.advance(4);
    assert.deepEqual(answers, ['0:database_busy']);
    words.isLocked = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:database_busy', '1:long']);
    assert.deepEqual(words.words, ['long']);
  });

  test('a write that may not wait is rejected at once', () => {
    const { words, answers, add } = setUp();
    words.isLocked = true;
    add(write('a', { waitMs: 0 }));
    assert.deepEqual(answers, ['0:database_busy']);
  });

  test('a write gives way to somebody who has waited for too long, a read does not', async () => {
    const { words, clock, answers, add } = setUp();
    words.isLocked = true;
    add(write('a'));
    words.isLocked = false;
    words.turns.at = clock.mono();
    await clock.advance(4);
    assert.deepEqual([words.tries, answers], [1, []]);
    add(read({ caller: 2 }));
    assert.deepEqual(answers, ['0:']);
    await clock.advance(40);
    assert.deepEqual(answers, ['0:', '0:a']);
  });

  test('a write that may hardly wait tries for the lock all the same', () => {
    const { words, clock, answers, add } = setUp();
    words.turns.at = clock.mono();
    add(write('a', { waitMs: 0 }));
    assert.deepEqual(answers, ['0:a']);
  });

  test('a wait is over with what it was for, and nobody asks for a turn an hour later', async () => {
    const { words, clock, answers, add } = setUp();
    words.isUnreadable = true;
    words.isLocked = true;
    add(read());
    words.isUnreadable = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:']);
    await clock.advance(3_600_000);
    add(write('a'));
    await clock.advance(100);
    assert.equal(words.turns.asked, 0);
  });

  test('the lock is tried for every 0.5 to 2.5 milliseconds', async () => {
    const { words, clock, add } = setUp();
    words.isLocked = true;
    add(write('a'));
    await clock.advance(1000);
    assert.ok(words.tries > 400 && words.tries < 2000, `${words.tries} tries in a second`);
    assert.equal(clock.pending, 1);
  });

  test('reads of others go ahead, those that came before and those that come later', async () => {
    const { words, clock, answers, add } = setUp();
    words.isLocked = true;
    add(write('a'), read({ caller: 2 }));
    assert.deepEqual(answers, ['1:']);
    await clock.advance(100);
    add(read({ caller: 3 }));
    assert.deepEqual(answers, ['1:', '0:']);
  });

  test("a caller's reads wait for its own writes, and see them", async () => {
    const { words, clock, answers, add } = setUp();
    words.isLocked = true;
    add(read(), write('a'), read());
    add(read());
    await clock.advance(100);
    assert.deepEqual(answers, ['0:']);
    words.isLocked = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:', '1:a', '2:a', '0:a']);
  });

  test('what comes meanwhile shares the next transaction', async () => {
    const { words, clock, answers, add } = setUp();
    words.isLocked = true;
    for (const word of ['a', 'b', 'c']) add(write(word));
    words.isLocked = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:a', '0:b', '0:c']);
    assert.equal(words.commits, 1);
  });

  test('a read that needs the lock waits as well, and no longer than it may', async () => {
    const { words, clock, answers, add } = setUp();
    words.isUnreadable = true;
    words.isLocked = true;
    add(read({ waitMs: 50 }), read({ caller: 2, waitMs: 500 }));
    await clock.advance(60);
    assert.deepEqual(answers, ['0:database_busy']);
    words.isUnreadable = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:database_busy', '1:']);
  });
});

describe('answers', () => {
  test('that lead to further units come once each, from a read that went ahead too', async () => {
    const { words, clock, queue } = setUp();
    const answers: string[] = [];
    words.isLocked = true;
    const again = (_: number, answer: Answer): void => {
      answers.push(`again ${told(answer)}`);
    };
    queue.add([write('a'), read({ caller: 2 }), read({ caller: 3 })], (place, answer) => {
      answers.push(`${place}:${told(answer)}`);
      if (place > 0) queue.add([write(`more-${place}`, { caller: place })], again);
    });
    words.isLocked = false;
    await clock.advance(10);
    assert.deepEqual(answers.toSorted(), ['0:a', '1:', '2:', 'again more-1', 'again more-2']);
    assert.deepEqual(words.words, ['a', 'more-1', 'more-2']);
    assert.equal(clock.pending, 0);
  });

  test('come in order when the lock is lost between two that are done one by one', async () => {
    const { words, clock, answers, add } = setUp();
    words.onCommit = () => {
      words.isLocked = true;
    };
    add(write('a'), write('bad'), write('b'));
    assert.deepEqual(answers, ['0:a']);
    words.isLocked = false;
    await clock.advance(3);
    words.isLocked = false;
    await clock.advance(3);
    assert.deepEqual(answers, ['0:a', '1:bad', '2:b']);
    assert.deepEqual(words.words, ['a', 'b']);
  });

  test('come to all that wait when the store closes', async () => {
    const { words, clock, queue, answers, add } = setUp();
    words.isLocked = true;
    add(write('a'), write('b'));
    queue.abandon(new Error('closed'));
    assert.deepEqual(answers, ['0:closed', '1:closed']);
    words.isLocked = false;
    await clock.advance(100);
    assert.deepEqual([answers.length, words.words], [2, []]);
  });
});
