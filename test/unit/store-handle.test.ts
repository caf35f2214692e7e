import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SharedStore } from '../../dist/store/store-handle.js';
import { ok, refused, type Script, ScriptedStore } from '../helpers/store-scripted.ts';
import { newJob } from '../helpers/store-seam.ts';
import { turn } from '../helpers/store-turn.ts';

function setUp(script: Script = ({ op }) => ok(op)) {
  const store = new ScriptedStore(script);
  const ended = { unused: 0 };
  const shared = new SharedStore(store, () => {
    ended.unused += 1;
  });
  return { store, ended, handle: shared.handle() };
}

describe('a handle', () => {
  test('resolves with the reply, and rejects with what the store says', async () => {
    const error = new Error('no');
    const { handle } = setUp(({ op }) => (op === 'get' ? refused(error) : ok(['stored'])));
    assert.deepEqual(await handle.call('enqueue', [newJob('a')]), ['stored']);
    await assert.rejects(handle.call('get', 'a'), error);
  });

  test('sends the calls of one turn together, those of its siblings too, in their order', async () => {
    const runs: unknown[][] = [];
    const { handle, store } = setUp();
    const { run } = store;
    store.run = (units, answer) => {
      runs.push(units.map(({ input }) => input));
      run.call(store, units, answer);
    };
    const sibling = handle.sibling();
    const first = [handle.call('get', 'a'), sibling.call('get', 'b'), handle.call('get', 'c')];
    await Promise.all(first);
    await handle.call('get', 'd');
    assert.deepEqual(runs, [['a', 'b', 'c'], ['d']]);
  });

  test('and its sibling are two callers', async () => {
    const { handle, store } = setUp();
    const sibling = handle.sibling();
    await Promise.all([handle.call('get', 'a'), sibling.call('get', 'b'), handle.call('get', 'c')]);
    const [a, b, c] = store.asked.map(({ caller }) => caller);
    assert.equal(a, c);
    assert.notEqual(a, b);
    assert.ok(
      [a, b].every((caller) => Number(caller) > 0),
      'below are the callers of the store itself',
    );
  });

  test('waits 30 seconds for the database, or as long as it is told', async () => {
    const { handle, store } = setUp();
    await handle.call('get', 'a');
    await handle.call('get', 'a', { waitMs: 5 });
    assert.deepEqual(
      store.asked.map(({ waitMs }) => waitMs),
      [30_000, 5],
    );
  });

  test('that is closed refuses calls, and closes once', async () => {
    const { handle, store, ended } = setUp();
    const closing = handle.close();
    await assert.rejects(handle.call('get', 'a'), { code: 'queue_closed' });
    await Promise.all([closing, handle.close()]);
    assert.deepEqual([ended.unused, store.isClosed, store.asked.length], [1, true, 0]);
  });

  test('waits for its calls before it closes', async () => {
    const { handle, store } = setUp(() => null);
    const call = handle.call('get', 'a');
    const closing = handle.close();
    await turn();
    assert.equal(store.isClosed, false);
    store.waiting[0]?.(ok('late'));
    assert.equal(await call, 'late');
    await closing;
    assert.equal(store.isClosed, true);
  });

  test('that closes leaves the store to its siblings', async () => {
    const { handle, store, ended } = setUp();
    const sibling = handle.sibling();
    await handle.close();
    assert.deepEqual([ended.unused, store.isClosed], [0, false]);
    assert.equal(await sibling.call('get', 'a'), 'get');
    await sibling.close();
    assert.deepEqual([ended.unused, store.isClosed], [1, true]);
  });

  test('subscribes to the events of the store', () => {
    const { handle, store } = setUp();
    const heard: string[] = [];
    const stop = handle.subscribe('work', ({ type }) => heard.push(type));
    store.emit({ type: 'work' });
    stop();
    store.emit({ type: 'work' });
    assert.deepEqual(heard, ['work']);
  });
});
