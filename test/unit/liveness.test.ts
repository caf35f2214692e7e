import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Look, type Seen, type Verdict, type Vigil, watch } from '../../dist/core/liveness.js';

const leaseMs = 30_000;
const lookMs = 5000;

function worker(instance: string, beat: number, more: Partial<Seen> = {}): Seen {
  return { instance, epoch: 1, beat, leaseMs, state: 'active', running: 1, ...more };
}

function look(atMs: number, workers: readonly Seen[], tookMs = 0): Look<Seen> {
  return { self: 'me', workers, askedAtMs: atMs, answeredAtMs: atMs + tookMs };
}

/** Looks one after the other, and tells what came of the last. */
function after(looks: readonly Look<Seen>[]): Verdict<Seen> {
  let vigil: Vigil | null = null;
  let verdict: Verdict<Seen> | undefined;
  for (const each of looks) {
    verdict = watch(vigil, each);
    ({ vigil } = verdict);
  }
  return verdict ?? assert.fail('there was no look');
}

/** A look every 5 s from 0 on; the sweeper beats every 10 s unless it is told otherwise. */
function looksUntil(
  endMs: number,
  others: (atMs: number) => readonly Seen[],
  ownBeat: (atMs: number) => number = (atMs) => Math.floor(atMs / 10_000),
): Look<Seen>[] {
  const times = Array.from({ length: endMs / lookMs + 1 }, (_, place) => place * lookMs);
  return times.map((atMs) => look(atMs, [worker('me', ownBeat(atMs)), ...others(atMs)]));
}

const silent = (): readonly Seen[] => [worker('other', 7)];

function namesOf({ dead }: Verdict<Seen>): readonly string[] {
  return dead.map(({ instance }) => instance);
}

describe('watching the beats of workers', () => {
  it('holds nobody for dead at first sight', () => {
    const verdict = after([look(0, [worker('me', 0), worker('other', 7)])]);
    assert.deepEqual(verdict.dead, []);
    assert.equal(verdict.nextMs, leaseMs);
  });

  it('holds a worker for dead whose beat stood for a whole lease', () => {
    assert.deepEqual(namesOf(after(looksUntil(25_000, silent))), []);
    assert.deepEqual(namesOf(after(looksUntil(30_000, silent))), ['other']);
  });

  it('tells how long until the first of the standing beats will have stood for a lease', () => {
    const others = (atMs: number): readonly Seen[] => [
      worker('other', 7),
      worker('later', Math.min(1, Math.floor(atMs / lookMs))),
    ];
    assert.equal(after(looksUntil(20_000, others)).nextMs, 10_000);
  });

  it('lets a worker live whose beat goes on', () => {
    const beating = (atMs: number): readonly Seen[] => [worker('other', Math.floor(atMs / 20_000))];
    assert.deepEqual(namesOf(after(looksUntil(120_000, beating))), []);
  });

  it('takes a new epoch with the same beat for a sign of life', () => {
    const reborn = (atMs: number): readonly Seen[] => [
      worker('other', 7, { epoch: atMs < 20_000 ? 1 : 2 }),
    ];
    assert.deepEqual(namesOf(after(looksUntil(45_000, reborn))), []);
    assert.deepEqual(namesOf(after(looksUntil(50_000, reborn))), ['other']);
  });

  it('counts from the answer of the first look to the question of the last', () => {
    const slow = looksUntil(30_000, silent).map((each) => ({
      ...each,
      answeredAtMs: each.askedAtMs + 1000,
    }));
    assert.deepEqual(namesOf(after(slow)), []);
    assert.equal(after(slow).nextMs, 1000);
  });

  it('starts anew after a gap between its looks', () => {
    const isThere = ({ askedAtMs }: Look<Seen>): boolean =>
      askedAtMs <= 10_000 || askedAtMs > 25_000;
    const until = (endMs: number): Verdict<Seen> =>
      after(looksUntil(endMs, silent).filter(isThere));
    assert.deepEqual(namesOf(until(30_000)), []);
    assert.equal(until(30_000).nextMs, leaseMs);
    assert.deepEqual(namesOf(until(55_000)), []);
    assert.deepEqual(namesOf(until(60_000)), ['other']);
  });

  it('starts anew while its own beats do not come through', () => {
    const heldUp = (atMs: number): number => (atMs < 60_000 ? 0 : 1);
    assert.deepEqual(namesOf(after(looksUntil(60_000, silent, heldUp))), []);
    const again = (atMs: number): number => (atMs < 60_000 ? 0 : Math.floor(atMs / 10_000));
    assert.deepEqual(namesOf(after(looksUntil(80_000, silent, again))), []);
    assert.deepEqual(namesOf(after(looksUntil(90_000, silent, again))), ['other']);
  });

  it('judges nobody by beats while it is not registered itself', () => {
    const unregistered = looksUntil(60_000, silent).map((each) => ({ ...each, self: 'unknown' }));
    assert.deepEqual(namesOf(after(unregistered)), []);
    assert.equal(after(unregistered).nextMs, null);
  });

  it('never holds itself for dead', () => {
    assert.deepEqual(
      namesOf(
        after(
          looksUntil(
            90_000,
            () => [],
            () => 0,
          ),
        ),
      ),
      [],
    );
  });

  it('waits for the longer of the two leases', () => {
    const short = (): readonly Seen[] => [worker('other', 7, { leaseMs: 2000 })];
    assert.deepEqual(namesOf(after(looksUntil(25_000, short))), []);
    assert.deepEqual(namesOf(after(looksUntil(30_000, short))), ['other']);
    const long = (): readonly Seen[] => [worker('other', 7, { leaseMs: 60_000 })];
    assert.deepEqual(namesOf(after(looksUntil(55_000, long))), []);
    assert.deepEqual(namesOf(after(looksUntil(60_000, long))), ['other']);
  });

  it('names lost workers that still hold jobs at once, and no others that are lost', () => {
    const lost = worker('lost', 3, { state: 'lost' });
    const empty = worker('empty', 3, { state: 'lost', running: 0 });
    assert.deepEqual(namesOf(after([look(0, [lost, empty])])), ['lost']);
    assert.deepEqual(namesOf(after([look(0, [worker('me', 0), lost, empty])])), ['lost']);
  });
});
