import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../bench/figures.ts';
import type { Results } from '../../bench/results.ts';
import { readSettings, UsageError } from '../../bench/settings.ts';
import { between, tablesOf } from '../../bench/table.ts';

const results = (benches: Readonly<Record<string, readonly Finding[]>>): Results => ({
  date: '2026-11-24T20:00:00.000Z',
  machine: { cpu: 'AMD EPYC', cores: 2, memoryGiB: 23, kernel: '6.1' },
  versions: { node: '24.21.0', sqlite: '3.53.4', gigq: '0.1.0', commit: 'abc1234' },
  settings: readSettings([], { known: [], usual: { sqlite: ['drain'], postgres: ['drain'] } }),
  benches,
});

const drain: Finding = {
  name: 'drain, concurrency 100',
  unit: 'jobs/s',
  rounds: [20_000, 22_000, 21_000],
  durability: 'full',
  target: { atLeast: 45_000 },
  beside: [{ name: 'raw', rounds: [40_000, 44_000, 42_000], target: { atLeast: 0.5 } }],
};

const rows = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('|'));

describe('the tables of the readme', () => {
  test('say when and on what they were measured', () => {
    assert.match(
      tablesOf(results({ drain: [drain] })),
      /^2026-11-24, gigq 0\.1\.0 \(abc1234\), Node 24\.21\.0, SQLite 3\.53\.4, 2 cores of an AMD EPYC, 23 GiB, Linux 6\.1; medians of 3 rounds\./u,
    );
  });

  test('say so if there was one round only', () => {
    const run = results({ drain: [drain] });
    const text = tablesOf({ ...run, settings: { ...run.settings, rounds: 1 } });
    assert.match(text, /Linux 6\.1; a single round\./u);
  });

  test('say how evenly the machine ran', () => {
    const run = { ...results({ drain: [drain] }), paces: { drain: 8000, submit: 5600 } };
    assert.match(
      tablesOf(run),
      /2 cores of an AMD EPYC \(which gave 70 to 100 % of their best\), 23 GiB/u,
    );
  });

  test('have a row for each figure with a target, beside what it is compared with', () => {
    const withoutTarget: Finding = { name: 'x', unit: 'ms', rounds: [1], durability: 'full' };
    const run = results({ drain: [drain, withoutTarget, { name: 'y', skipped: 'no reason' }] });
    assert.deepEqual(rows(tablesOf(run)).slice(2), [
      '| drain, concurrency 100 | 21,000 jobs/s | raw: 42,000 jobs/s | 0.50 | ≥ 45,000; ratio ≥ 0.5: not reached |',
    ]);
  });

  test('have a column more for PostgreSQL, and rows for what is measured there only', () => {
    const target = { atLeast: 1200 };
    const other: Finding = {
      name: 'queries',
      unit: 'queries/s',
      rounds: [0.5],
      durability: 'full',
      target,
    };
    const run = results({ drain: [drain] });
    const server: Results = {
      ...results({ drain: [{ ...drain, rounds: [9000], beside: [], target }, other] }),
      versions: { ...run.versions, postgres: 'postgres 18.4' },
    };
    const text = tablesOf(run, { postgres: server });
    assert.match(text, /On PostgreSQL: 2026-11-24, gigq .*, postgres 18\.4, 2 cores/u);
    assert.deepEqual(rows(text).slice(0, 1).concat(rows(text).slice(2)), [
      '| what | gigq | beside it | ratio | target | on PostgreSQL | beside it | ratio | target |',
      '| drain, concurrency 100 | 21,000 jobs/s | raw: 42,000 jobs/s | 0.50 | ≥ 45,000; ratio ≥ 0.5: not reached | 9,000 jobs/s |  |  | ≥ 1,200: reached |',
      '| queries |  |  |  |  | 0.5 queries/s |  |  | ≥ 1,200: not reached |',
    ]);
  });

  test('have a row for each other queue, its durability beside it', () => {
    const plainjob = { name: 'plainjob', rounds: [7000, 7100, 7200], durability: 'no fsync' };
    const pgBoss = { name: 'pg-boss', rounds: [0.5], durability: 'full' };
    const latency: Finding = {
      name: 'submit to start, another process, p50',
      unit: 'ms',
      rounds: [1.5],
      durability: 'full',
      beside: [pgBoss],
    };
    const measured = [{ ...drain, beside: [plainjob] }, latency];
    const run = results({ peers: [...measured, { name: 'BullMQ', skipped: 'no Redis' }] });
    assert.deepEqual(rows(tablesOf(results({}), { peers: run })).slice(2), [
      '| queue | durability | drain, concurrency 100, jobs/s | submit to start, another process, p50, ms |',
      '| --- | --- | --- | --- |',
      '| gigq | full | 21,000 | 1.5 |',
      '| plainjob | no fsync | 7,100 | – |',
      '| pg-boss | full | – | 0.5 |',
    ]);
  });

  test('stand between their markers, and nothing else is touched', () => {
    const text = 'a\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nb\n';
    const written = between(text, 'new');
    assert.equal(written, 'a\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nb\n');
    assert.equal(between(written, 'new'), written);
    assert.throws(() => between('no markers', 'new'), UsageError);
    assert.throws(() => between('<!-- bench: end --><!-- bench: begin -->', 'new'), UsageError);
  });
});
