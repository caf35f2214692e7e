// How long a lock is left alone that another process holds.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Patience } from '../../dist/store/sqlite/patience.js';
import { Asked } from '../helpers/store-transactions.ts';

/** The longest of many pauses, of somebody who usually waits so long. */
function longestPause(usualMs: number): number {
  const patience = new Patience(new Asked());
  waitOften(patience, usualMs);
  return Math.max(...Array.from({ length: 500 }, () => patience.pauseMs(0)));
}

function waitOften(patience: Patience, usualMs: number): void {
  for (let wait = 0; wait < 50; wait += 1) {
    patience.pauseMs(0);
    patience.over(usualMs);
  }
}

describe('a lock that another process holds is left alone', () => {
  test('for half a millisecond at least, and hardly longer where nobody waits long', () => {
    const patience = new Patience(new Asked());
    const pauses = Array.from({ length: 500 }, () => patience.pauseMs(0));
    assert.ok(pauses.every((pause) => pause >= 0.5 && pause <= 2.5));
    assert.ok(new Set(pauses).size > 400);
  });

  test('the longer, the longer one usually waits for it', () => {
    assert.ok(longestPause(4) <= 2.5);
    assert.ok(longestPause(40) > 6 && longestPause(40) <= 10.5);
    assert.ok(longestPause(10_000) > 15 && longestPause(10_000) <= 20.5);
  });

  test('as before, once nobody waits any more', () => {
    const patience = new Patience(new Asked());
    patience.pauseMs(0);
    patience.over(10_000);
    for (let time = 0; time < 50; time += 1) patience.over(0);
    assert.ok(patience.pauseMs(0) <= 2.5);
  });
});

describe('who has waited for too long', () => {
  test('asks for a turn with each look, after 150 ms', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    for (const now of [0, 50, 150]) patience.pauseMs(now);
    assert.equal(turns.asked, 0);
    for (const now of [151, 153]) patience.pauseMs(now);
    assert.equal(turns.asked, 2);
  });

  test('asks after one and a half usual waits where that is longer: never do most ask', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    waitOften(patience, 1000);
    for (const now of [5000, 6400]) patience.pauseMs(now);
    assert.equal(turns.asked, 0);
    patience.pauseMs(6600);
    assert.equal(turns.asked, 1);
  });

  test('looks as often as where nobody waits long, for a tenth of a second', () => {
    const patience = new Patience(new Asked());
    waitOften(patience, 1000);
    patience.pauseMs(0);
    const longestAt = (now: number): number =>
      Math.max(...Array.from({ length: 500 }, () => patience.pauseMs(now)));
    assert.ok(longestAt(1450) > 15);
    assert.ok(longestAt(1590) <= 2.5);
    assert.ok(longestAt(1650) > 15);
  });

  test('asks after seven and a half seconds at the latest, however long it once had to wait', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    waitOften(patience, 720_000);
    patience.pauseMs(0);
    patience.pauseMs(7501);
    assert.equal(turns.asked, 1);
  });

  test('is done with waiting when it is given up, which does not count as a wait', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    patience.pauseMs(0);
    patience.forget();
    patience.pauseMs(3_600_000);
    assert.equal(turns.asked, 0);
    assert.ok(patience.pauseMs(3_600_000) <= 2.5);
  });

  test('is done with waiting when it has the lock', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    patience.pauseMs(0);
    patience.over(140);
    patience.pauseMs(200);
    assert.equal(turns.asked, 0);
  });
});

describe('way is given to who has asked for a turn', () => {
  test('within the last ten milliseconds', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    turns.at = 5000;
    assert.ok(patience.givesWay(5000));
    patience.pauseMs(5000);
    assert.ok(patience.givesWay(5010));
    assert.ok(!patience.givesWay(5011));
  });

  test('by who has met nobody for a second as well, which looks every 5 ms only', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    for (let now = 0; now < 100; now += 1) patience.givesWay(now);
    assert.equal(turns.looks, 20);
    patience.pauseMs(100);
    patience.over(100);
    for (let now = 100; now < 1200; now += 1) patience.givesWay(now);
    assert.equal(turns.looks, 20 + 1001 + 19);
    turns.at = 1202;
    assert.ok(patience.givesWay(1205));
  });

  test('but not by who would be too late at its next look', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    turns.at = 5000;
    assert.ok(!patience.givesWay(5000, 5016));
    assert.ok(patience.givesWay(5005, 5022));
  });

  test('for 50 ms at a time, whoever goes on asking', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    patience.pauseMs(0);
    const given = Array.from({ length: 60 }, (_, now) => {
      turns.at = now;
      return patience.givesWay(now);
    });
    assert.equal(given.lastIndexOf(false), 51);
    assert.equal(given.filter((way) => !way).length, 1);
  });

  test('by longer pauses than those of who asks', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    patience.pauseMs(0);
    turns.at = 1;
    patience.givesWay(1);
    const pauses = Array.from({ length: 500 }, () => patience.pauseMs(1));
    assert.ok(Math.min(...pauses) >= 8 && Math.max(...pauses) <= 16);
  });

  test('but not by who has waited for too long as well', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    patience.pauseMs(0);
    turns.at = 151;
    assert.ok(!patience.givesWay(151));
  });

  test('and not by who has asked itself, and had the lock since', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    for (const now of [0, 160]) patience.pauseMs(now);
    patience.over(162);
    assert.equal(turns.at, 160);
    assert.ok(!patience.givesWay(163));
    turns.at = 161;
    assert.ok(patience.givesWay(163));
  });

  test('and not by who nobody has asked, or by a clock that is another', () => {
    const turns = new Asked();
    const patience = new Patience(turns);
    patience.pauseMs(0);
    assert.ok(!patience.givesWay(1));
    turns.at = 1_000_000;
    assert.ok(!patience.givesWay(1));
  });
});
