import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LazyStore } from '../../dist/store/lazy-store.js';
import type { Answer, Store, Unit } from '../../dist/store/store.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { ok, ScriptedStore } from '../helpers/store-scripted.ts';
import { unit } from '../helpers/store-seam.ts';
import { turn } from '../helpers/store-turn.ts';

/** A lazy store whose opening the test ends, each time by a store or by an error. */
function setUp() {
  const clock = new FakeClock();
  const openings: PromiseWithResolvers<Store>[] = [];
  const open = (): Promise<Store> => {
    const opening = Promise.withResolvers<Store>();
    openings.push(opening);
    return opening.promise;
  };
  const lazy = new LazyStore({ open, clock, tooLate: () => new Error('too late') });
  const answers: string[] = [];
  const ask = (id: string, waitMs = 30_000): void => {
    lazy.run([unit('get', id, { waitMs })], (_, answer) => answers.push(told(id, answer)));
  };
  const opens = async (): Promise<ScriptedStore> => {
    const store = new ScriptedStore((asked) => ok(asked.input));
    openings.at(-1)?.resolve(store);
    await turn();
    return store;
  };
  return { clock, openings, lazy, answers, ask, opens };
}

function told(id: string, answer: Answer): string {
  return `${id}: ${answer.ok ? 'answered' : (answer.error as Error).message}`;
}

function inputsOf(units: readonly Unit[]): unknown[] {
  return units.map(({ input }) => input);
}

describe('a lazy store', () => {
  test('is not opened before it is asked for something, not even by a subscription', async () => {
    const { openings, lazy, ask } = setUp();
    lazy.subscribe('work', () => undefined);
    await turn();
    assert.equal(openings.length, 0);
    ask('a');
    ask('b');
    assert.equal(openings.length, 1);
  });

  test('answers in order what was asked before it was open', async () => {
    const { answers, ask, opens } = setUp();
    for (const id of ['a', 'b', 'c']) ask(id);
    const store = await opens();
    assert.deepEqual(answers, ['a: answered', 'b: answered', 'c: answered']);
    assert.deepEqual(inputsOf(store.asked), ['a', 'b', 'c']);
    ask('d');
    assert.deepEqual(inputsOf(store.asked), ['a', 'b', 'c', 'd']);
  });

  test('that cannot be opened rejects what was asked, and is opened again by the next', async () => {
    const { openings, answers, ask, opens } = setUp();
    ask('a');
    ask('b');
    openings[0]?.reject(new Error('no file'));
    await turn();
    assert.deepEqual(answers, ['a: no file', 'b: no file']);
    ask('c');
    assert.equal(openings.length, 2);
    await opens();
    assert.equal(answers.at(-1), 'c: answered');
  });

  test('is opened again when somebody asks from within a rejection', async () => {
    const { openings, lazy } = setUp();
    const refused: string[] = [];
    lazy.run([unit('get', 'a')], (_, answer) => {
      refused.push(told('a', answer));
      lazy.run([unit('get', 'b')], () => undefined);
    });
    openings[0]?.reject(new Error('no file'));
    await turn();
    assert.deepEqual([refused, openings.length], [['a: no file'], 2]);
  });

  test('keeps the deadline of a call while it is being opened', async () => {
    const { clock, answers, ask, opens } = setUp();
    ask('short', 2000);
    ask('long', 30_000);
    await clock.advance(1999);
    assert.deepEqual(answers, []);
    await clock.advance(1);
    assert.deepEqual(answers, ['short: too late']);
    const store = await opens();
    assert.deepEqual(answers, ['short: too late', 'long: answered']);
    assert.deepEqual(inputsOf(store.asked), ['long']);
    assert.equal(store.asked[0]?.waitMs, 28_000);
    assert.equal(clock.pending, 0);
  });

  test('attaches subscriptions when it is opened, and only those that are wanted still', async () => {
    const { lazy, ask, opens } = setUp();
    const heard: string[] = [];
    lazy.subscribe('work', () => heard.push('work'));
    lazy.subscribe('change', () => heard.push('change'))();
    ask('a');
    const store = await opens();
    store.emit({ type: 'work' });
    assert.deepEqual(heard, ['work']);
    const stop = lazy.subscribe('lease', () => heard.push('lease'));
    stop();
    store.emit({ type: 'work' });
    assert.deepEqual(heard, ['work', 'work']);
  });

  test('whose store has died is opened again, with its subscriptions', async () => {
    const { openings, lazy, answers, ask, opens } = setUp();
    const heard: string[] = [];
    lazy.subscribe('work', () => heard.push('work'));
    ask('a');
    const first = await opens();
    first.emit({ type: 'closed', error: new Error('died') });
    heard.length = 0;
    ask('b');
    assert.equal(openings.length, 2);
    const second = await opens();
    second.emit({ type: 'work' });
    assert.deepEqual([answers, heard], [['a: answered', 'b: answered'], ['work']]);
  });

  test('that was never opened has nothing to close', async () => {
    const { openings, lazy } = setUp();
    await lazy.close();
    assert.equal(openings.length, 0);
  });

  test('closes what it has opened, also if it is only about to be', async () => {
    const { lazy, answers, ask, opens } = setUp();
    ask('a');
    const closed = lazy.close();
    const store = await opens();
    await closed;
    assert.deepEqual([answers, store.isClosed], [['a: answered'], true]);
  });
});
