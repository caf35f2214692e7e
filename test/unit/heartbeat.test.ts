import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AttendedStore } from '../../dist/store/heartbeat.js';
import type { StoreEvent, Unit } from '../../dist/store/store.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { ok, refused, ScriptedStore, workerRecord } from '../helpers/store-scripted.ts';
import { newWorker, runAll, unit } from '../helpers/store-seam.ts';

const leaseMs = 30_000;
const third = leaseMs / 3;
const busy = refused(new Error('busy'));

/** A store in which a worker is registered; `beats` are those of the others, by instance. */
async function setUp() {
  const clock = new FakeClock();
  const state = { renews: true as boolean | 'busy' | 'waits', canRead: true, beats: { other: 1 } };
  const store = new ScriptedStore(({ op }) => {
    if (op === 'register') return ok({ instance: 'w1', epoch: 1 });
    if (op === 'renew' && state.renews === 'waits') return null;
    if (op === 'renew') return state.renews === 'busy' ? busy : ok(state.renews);
    if (op === 'workers' && !state.canRead) return busy;
    const others = Object.entries(state.beats).map(([instance, beat]) =>
      workerRecord(instance, beat),
    );
    return op === 'workers' ? ok([workerRecord('w1', 9), ...others]) : ok(null);
  });
  const attended = new AttendedStore(store, clock);
  const heard: string[] = [];
  const listen = (event: StoreEvent): void => {
    if (event.type === 'lease') heard.push(`${event.instance} ${event.state}`);
  };
  const stopListening = attended.subscribe('lease', listen);
  await register(attended);
  const beats = (): Unit[] => store.asksFor('renew');
  return { clock, state, store, attended, heard, beats, stopListening };
}

function register(attended: AttendedStore): Promise<unknown> {
  return runAll(attended, [unit('register', newWorker('w1', { leaseMs }))]);
}

describe('a worker that has registered', () => {
  test('is renewed each third of its lease, and it is told so', async () => {
    const { clock, beats, heard } = await setUp();
    await clock.advance(third - 1);
    assert.equal(beats().length, 0);
    await clock.advance(1);
    assert.deepEqual(beats()[0]?.input, { instance: 'w1', epoch: 1, stopping: false });
    await clock.advance(5 * third);
    assert.equal(beats().length, 6);
    assert.deepEqual(
      heard,
      Array.from({ length: 6 }, () => 'w1 renewed'),
    );
  });

  test('is renewed no more once it has left', async () => {
    const { clock, attended, beats } = await setUp();
    await runAll(attended, [unit('leave', { instance: 'w1', epoch: 1 })]);
    await clock.advance(leaseMs);
    assert.deepEqual([beats().length, clock.pending], [0, 0]);
  });

  test('is renewed no more once the store is closed', async () => {
    const { clock, attended, store, beats } = await setUp();
    await attended.close();
    await clock.advance(leaseMs);
    assert.deepEqual([beats().length, clock.pending, store.isClosed], [0, 0, true]);
  });

  test('is renewed once a third, however often it registers', async () => {
    const { clock, attended, beats } = await setUp();
    await register(attended);
    await register(attended);
    await clock.advance(third);
    assert.equal(beats().length, 1);
  });

  test('goes on saying that it stops, once it has said so', async () => {
    const { clock, attended, beats } = await setUp();
    await runAll(attended, [unit('renew', { instance: 'w1', epoch: 1, stopping: true })]);
    await clock.advance(third);
    assert.deepEqual(beats()[1]?.input, { instance: 'w1', epoch: 1, stopping: true });
  });

  test('that was held for dead is told so once, and renewed no more', async () => {
    const { clock, state, heard, beats } = await setUp();
    state.renews = false;
    await clock.advance(3 * leaseMs);
    assert.deepEqual(heard, ['w1 lost']);
    assert.deepEqual([beats().length, clock.pending], [1, 0]);
  });

  test('is not told any more when it does not listen any more', async () => {
    const { clock, heard, stopListening } = await setUp();
    stopListening();
    await clock.advance(leaseMs);
    assert.deepEqual(heard, []);
  });

  test('that was refused is not renewed', async () => {
    const clock = new FakeClock();
    const attended = new AttendedStore(new ScriptedStore(() => busy), clock);
    await register(attended);
    assert.equal(clock.pending, 0);
  });
});

describe('a renewal that fails', () => {
  test('is tried again every second, until it succeeds', async () => {
    const { clock, state, beats, heard } = await setUp();
    state.renews = 'busy';
    await clock.advance(third + 3000);
    assert.equal(beats().length, 4);
    state.renews = true;
    await clock.advance(1000);
    assert.deepEqual(heard, ['w1 renewed']);
    await clock.advance(third - 1);
    assert.equal(heard.length, 1);
    await clock.advance(1);
    assert.equal(heard.length, 2);
  });

  test('may wait for the lock as long as the lease', async () => {
    const { clock, beats } = await setUp();
    await clock.advance(third);
    assert.equal(beats()[0]?.waitMs, leaseMs);
  });
});

describe('a renewal that is answered late', () => {
  test('counts from when it began, so that the lease is never thought longer than it is', async () => {
    const { clock, state, store, beats } = await setUp();
    state.renews = 'waits';
    await clock.advance(third);
    await clock.advance(third / 2);
    state.renews = true;
    store.waiting[0]?.(ok(true));
    await clock.advance(third / 2 - 1);
    assert.equal(beats().length, 1);
    await clock.advance(1);
    assert.equal(beats().length, 2);
  });
});

describe('a worker that cannot renew', () => {
  const verdict = 0.8 * leaseMs;

  test('is in danger when the beat of another goes on: it alone is cut off', async () => {
    const { clock, state, heard } = await setUp();
    state.renews = 'waits';
    await clock.advance(verdict - 1);
    state.beats.other = 2;
    assert.deepEqual(heard, []);
    await clock.advance(1);
    assert.deepEqual(heard, ['w1 danger']);
  });

  test('is told well before its lease ends', async () => {
    const { clock, state, heard } = await setUp();
    state.renews = 'waits';
    state.canRead = false;
    await clock.advance(leaseMs - 5000);
    assert.deepEqual(heard, ['w1 danger']);
  });

  test('is told so by a store of which nothing is heard at all', async () => {
    const { clock, state, store, heard } = await setUp();
    state.renews = 'waits';
    store.script = () => null;
    await clock.advance(leaseMs - 5000);
    assert.deepEqual(heard, ['w1 danger']);
  });

  test('is in no danger while nobody beats: whoever holds the lock holds up the sweepers too', async () => {
    const { clock, state, heard } = await setUp();
    state.renews = 'waits';
    await clock.advance(4 * leaseMs);
    assert.deepEqual(heard, []);
  });

  test('is in danger as soon as somebody beats again before it does', async () => {
    const { clock, state, heard } = await setUp();
    state.renews = 'waits';
    await clock.advance(2 * leaseMs);
    state.beats.other = 2;
    await clock.advance(1000);
    assert.deepEqual(heard, ['w1 danger']);
  });

  test('because it was suspended beats before it judges by those that beat as it wakes', async () => {
    const { clock, state, store, heard } = await setUp();
    state.renews = 'waits';
    store.script = ((script) => (asked: Unit) => {
      state.beats.other += 1;
      return script(asked);
    })(store.script);
    await clock.suspend(2 * leaseMs);
    assert.deepEqual([heard, store.waiting.length], [[], 1]);
    store.waiting.splice(0)[0]?.(ok(true));
    assert.deepEqual(heard, ['w1 renewed']);
  });

  test('with a short lease, whose beat was lost while it was suspended, beats again before it judges', async () => {
    const shortMs = 2000;
    const { clock, state, attended, heard } = await setUp();
    await runAll(attended, [unit('register', newWorker('w1', { leaseMs: shortMs }))]);
    state.renews = 'busy';
    await clock.advance(0.4 * shortMs);
    Object.assign(state, { renews: true, beats: { other: 2 } });
    await clock.advance(0.4 * shortMs);
    assert.deepEqual(heard, ['w1 renewed', 'w1 renewed']);
  });

  test('is in no danger by a look that was asked before it could renew', async () => {
    const { clock, state, store, heard } = await setUp();
    state.renews = 'waits';
    await clock.advance(verdict - 1);
    const [renewal] = store.waiting.splice(0);
    store.script = () => null;
    await clock.advance(1);
    renewal?.(ok(true));
    store.waiting.splice(0)[0]?.(ok([workerRecord('other', 2)]));
    assert.deepEqual(heard, ['w1 renewed']);
  });

  test('is in no danger by a beat that came before it looked, or by a worker that is new', async () => {
    const { clock, state, heard } = await setUp();
    state.renews = 'waits';
    await clock.advance(0.3 * leaseMs);
    state.beats.other = 2;
    await clock.advance(0.3 * leaseMs);
    Object.assign(state.beats, { late: 5 });
    await clock.advance(leaseMs);
    assert.deepEqual(heard, []);
  });

  test('looks at the others as somebody else than it renews, so as not to wait for itself', async () => {
    const { clock, state, store } = await setUp();
    state.renews = 'waits';
    await clock.advance(leaseMs);
    const callers = new Set(store.asksFor('workers').map(({ caller }) => caller));
    const writers = store.asksFor('renew').map(({ caller }) => caller);
    assert.ok(callers.size === 1 && writers.every((caller) => !callers.has(caller)));
    assert.ok(
      [...callers, ...writers].every((caller) => caller < 0),
      'clients count upwards',
    );
  });

  test('is told that all is well when it is, and watched as before', async () => {
    const { clock, state, store, heard } = await setUp();
    state.renews = 'waits';
    await clock.advance(verdict - 1);
    state.beats.other = 2;
    await clock.advance(1);
    state.renews = true;
    store.waiting.splice(0)[0]?.(ok(true));
    await clock.advance(leaseMs);
    assert.deepEqual(heard.slice(0, 2), ['w1 danger', 'w1 renewed']);
    assert.ok(heard.slice(1).every((each) => each === 'w1 renewed'));
  });
});

describe('everything else', () => {
  test('passes through to the store and back', async () => {
    const { attended, store } = await setUp();
    const answers = await runAll(attended, [unit('counts', null), unit('get', 'a')]);
    assert.deepEqual(answers, [ok(null), ok(null)]);
    const end = attended.subscribe('work', () => undefined);
    end();
    assert.deepEqual(store.subscribed, ['work']);
  });
});
