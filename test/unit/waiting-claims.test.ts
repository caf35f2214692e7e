import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Offers } from '../../dist/core/offers.js';
import type { Settlement } from '../../dist/core/job.js';
import type { Answer, Claim, StoreEvent, Unit } from '../../dist/store/store.js';
import { WaitingClaims } from '../../dist/store/waiting-claims.js';
import { FakeClock } from '../helpers/store-clock.ts';
import { ok, refused, ScriptedStore } from '../helpers/store-scripted.ts';
import { newJob, newWorker, replyOf, runAll, unit } from '../helpers/store-seam.ts';

const empty: Claim = { jobs: [], nextDueMs: null, unknownTasks: [], fenced: false };
const inVain: Claim = { ...empty, nextDueMs: 0 };
const full = { ...empty, jobs: [{ id: 'job-1', slot: 'w-0' }] } as unknown as Claim;

const submit = unit('enqueue', [newJob('job-1')]);
const counts = unit('counts', null);

interface Wish {
  readonly instance?: string;
  readonly waits?: boolean;
  readonly heard?: number;
  readonly slots?: readonly string[];
}

function claim({ instance = 'w', slots = ['w-0'], ...wait }: Wish = {}): Unit {
  const worker = { instance, epoch: 1 };
  const wanted = { tasks: ['greet'], queues: null, apart: [], oneSuspect: true };
  const mayWait = { waits: true, heard: 0, ...wait };
  return unit('claim', { worker, slots, ...wanted, ...mayWait });
}

/** A store that finds for claims what it is told to; null: it does not answer yet. */
function setUp() {
  const finds = { claim: ok(empty) as Answer | null };
  const store = new ScriptedStore(({ op }) => (op === 'claim' ? finds.claim : ok([])));
  const clock = new FakeClock();
  const claims = new WaitingClaims(store, clock);
  const told: StoreEvent[] = [];
  const hints: StoreEvent[] = [];
  claims.subscribe('claimed', (each) => told.push(each));
  claims.subscribe('work', (each) => hints.push(each));
  const asked = (): number => store.asksFor('claim').length;
  return { finds, store, clock, claims, told, hints, asked };
}

function event(found: Claim, { atMs = 0, number = 1 } = {}): StoreEvent {
  return { type: 'claimed', instance: 'w', number, claim: found, atMs };
}

describe('a claim that found nothing and may wait', () => {
  test('is asked once more by what makes something ready, in the same batch', async () => {
    const { finds, store, clock, claims, told } = setUp();
    assert.deepEqual(replyOf((await runAll(claims, [claim()]))[0]), empty);
    await clock.advance(5000);
    finds.claim = ok(full);
    const batches: (readonly Unit[])[] = [];
    const run = store.run.bind(store);
    store.run = (units, answer) => {
      batches.push(units);
      run(units, answer);
    };
    await runAll(claims, [submit]);
    assert.deepEqual(
      batches.map((units) => units.map(({ op }) => op)),
      [['enqueue', 'claim']],
    );
    assert.deepEqual(told, [event(full, { atMs: 5000 })]);
  });

  test('waits on if there is nothing again', async () => {
    const { finds, claims, told, asked } = setUp();
    await runAll(claims, [claim()]);
    await runAll(claims, [submit]);
    assert.deepEqual([asked(), told], [2, []]);
    finds.claim = ok(full);
    await runAll(claims, [submit]);
    assert.deepEqual([asked(), told], [3, [event(full)]]);
  });

  test('is over once something was found', async () => {
    const { finds, claims, asked } = setUp();
    await runAll(claims, [claim()]);
    finds.claim = ok(full);
    await runAll(claims, [submit]);
    await runAll(claims, [submit]);
    assert.equal(asked(), 2);
  });

  test('is not asked by what makes nothing ready', async () => {
    const { claims, asked } = setUp();
    await runAll(claims, [claim()]);
    await runAll(claims, [counts]);
    assert.equal(asked(), 1);
  });

  test('is over with the next claim of its worker, with one for no slots too', async () => {
    for (const next of [claim({ waits: false }), claim({ slots: [] })]) {
      const { claims, asked } = setUp();
      await runAll(claims, [claim()]);
      await runAll(claims, [next]);
      const before = asked();
      await runAll(claims, [submit]);
      assert.equal(asked(), before);
    }
  });

  test('is over when its worker leaves', async () => {
    const { claims, asked, hints, store } = setUp();
    await runAll(claims, [claim()]);
    await runAll(claims, [unit('leave', { instance: 'w', epoch: 1 })]);
    await runAll(claims, [submit]);
    assert.equal(asked(), 1);
    store.emit({ type: 'work' });
    assert.equal(hints.length, 1);
  });

  test('is over when it fails, or brings what its worker has to know', async () => {
    const news: readonly [Answer, Claim][] = [
      [refused(new Error('busy')), inVain],
      [ok({ ...empty, nextDueMs: 70 }), { ...empty, nextDueMs: 70 }],
      [ok({ ...empty, unknownTasks: ['x'] }), { ...empty, unknownTasks: ['x'] }],
      [ok({ ...empty, fenced: true }), { ...empty, fenced: true }],
    ];
    for (const [answer, found] of news) {
      const { finds, claims, told, asked } = setUp();
      await runAll(claims, [claim()]);
      finds.claim = answer;
      await runAll(claims, [submit]);
      await runAll(claims, [submit]);
      assert.deepEqual([told, asked()], [[event(found)], 2]);
    }
  });
});

test('a claim that waits is not over for a job that is due when its worker knows it is', async () => {
  const { finds, clock, claims, told, asked } = setUp();
  finds.claim = ok({ ...empty, nextDueMs: 60_000 });
  await runAll(claims, [claim()]);
  await clock.advance(20_000);
  finds.claim = ok({ ...empty, nextDueMs: 40_000 });
  await runAll(claims, [submit]);
  assert.deepEqual([asked(), told], [2, []]);
  finds.claim = ok({ ...empty, nextDueMs: 30_000 });
  await runAll(claims, [submit]);
  assert.deepEqual([asked(), told.length], [3, 1]);
});

describe('a claim that does not wait', () => {
  test('is one that must not', async () => {
    const { claims, asked } = setUp();
    await runAll(claims, [claim({ waits: false })]);
    await runAll(claims, [submit]);
    assert.equal(asked(), 1);
  });

  test('is one that found something, failed or is refused', async () => {
    for (const answer of [ok(full), refused(new Error('busy')), ok({ ...empty, fenced: true })]) {
      const { finds, claims, asked } = setUp();
      finds.claim = answer;
      await runAll(claims, [claim()]);
      await runAll(claims, [submit]);
      assert.equal(asked(), 1);
    }
  });
});

describe("a hint that others' commits may have made something ready", () => {
  test('asks those who wait, and disturbs nobody if all wait', async () => {
    const { finds, store, claims, told, hints, asked } = setUp();
    await runAll(claims, [claim()]);
    store.emit({ type: 'work' });
    await Promise.resolve();
    assert.deepEqual([asked(), told, hints], [2, [], []]);
    finds.claim = ok(full);
    store.emit({ type: 'work' });
    await Promise.resolve();
    assert.deepEqual([told, hints], [[event(full)], []]);
  });

  test('asks once more those who were being asked, for it may have come too late for them', async () => {
    const { finds, store, claims, told, asked } = setUp();
    await runAll(claims, [claim()]);
    finds.claim = null;
    void runAll(claims, [submit]);
    store.emit({ type: 'work' });
    finds.claim = ok(full);
    store.waiting[0]?.(ok(empty));
    assert.deepEqual([asked(), told], [3, [event(full)]]);
  });

  test('is passed on while a worker is busy', async () => {
    const { finds, store, claims, hints } = setUp();
    await runAll(claims, [claim({ instance: 'idle' })]);
    finds.claim = ok(full);
    await runAll(claims, [claim({ instance: 'busy' })]);
    store.emit({ type: 'work' });
    assert.equal(hints.length, 1);
  });

  test('is passed on where nobody claims', () => {
    const { store, hints } = setUp();
    store.emit({ type: 'work' });
    assert.equal(hints.length, 1);
  });
});

describe('a claim that crosses another answer to the one before', () => {
  test('gets nothing while that one is asked', async () => {
    const { finds, store, claims, told, asked } = setUp();
    await runAll(claims, [claim()]);
    finds.claim = null;
    void runAll(claims, [submit]);
    const crossing = runAll(claims, [claim()]);
    assert.equal(asked(), 2);
    store.waiting[0]?.(ok(full));
    assert.deepEqual([replyOf((await crossing)[0]), told], [inVain, [event(full)]]);
  });

  test('gets nothing either if that one finds nothing, so that it is sent again', async () => {
    const { finds, store, claims, told, asked } = setUp();
    await runAll(claims, [claim()]);
    finds.claim = null;
    void runAll(claims, [submit]);
    const crossing = runAll(claims, [claim()]);
    store.waiting[0]?.(ok(empty));
    assert.deepEqual([replyOf((await crossing)[0]), told], [inVain, []]);
    await runAll(claims, [submit]);
    assert.equal(asked(), 2);
  });

  test('gets nothing until its worker has heard of it', async () => {
    const { finds, claims, asked } = setUp();
    await runAll(claims, [claim()]);
    finds.claim = ok(full);
    await runAll(claims, [submit]);
    assert.deepEqual(replyOf((await runAll(claims, [claim()]))[0]), inVain);
    assert.deepEqual(replyOf((await runAll(claims, [claim({ heard: 1 })]))[0]), full);
    assert.equal(asked(), 3);
  });
});

describe('jobs that came of a claim that waited', () => {
  /** An idle worker is offered a job; what is given back, by how. */
  async function offered() {
    const scene = setUp();
    const { finds, store, claims } = scene;
    const offers = new Offers();
    await runAll(claims, [unit('register', { ...newWorker('w'), offers: offers.buffer } as never)]);
    await runAll(claims, [claim()]);
    finds.claim = ok(full);
    const givenBack = (): (string | null)[] =>
      store
        .asksFor('settle')
        .flatMap(({ input }) => (input as readonly Settlement[]).map(({ execution }) => execution));
    return { ...scene, offers, givenBack };
  }

  test('are given back if the worker does not take them within 250 ms, and it cannot any more', async () => {
    const { clock, claims, offers, givenBack } = await offered();
    await runAll(claims, [submit]);
    await clock.advance(249);
    assert.deepEqual(givenBack(), []);
    await clock.advance(1);
    assert.deepEqual([givenBack(), offers.close(1)], [['released'], false]);
  });

  test('are its own once it has taken them', async () => {
    const { clock, claims, offers, givenBack } = await offered();
    await runAll(claims, [submit]);
    assert.equal(offers.close(1), true);
    await clock.advance(1000);
    assert.deepEqual(givenBack(), []);
  });

  test('are given back if the worker has left meanwhile', async () => {
    const { finds, store, claims, told, givenBack } = await offered();
    finds.claim = null;
    void runAll(claims, [submit]);
    await runAll(claims, [unit('leave', { instance: 'w', epoch: 1 })]);
    store.waiting[0]?.(ok(full));
    assert.deepEqual([givenBack(), told], [['released'], []]);
  });

  test('are given back again each second until that has come through', async () => {
    const { clock, store, claims, givenBack } = await offered();
    const { script } = store;
    await runAll(claims, [submit]);
    store.script = () => refused(new Error('busy'));
    await clock.advance(2250);
    store.script = script;
    await clock.advance(5000);
    assert.equal(givenBack().length, 4);
  });
});
