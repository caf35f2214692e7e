// The raw limit on SQLite: the very statements that gigq runs, by hand on the bare driver, in transactions of a given size.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrations, sql } from '../dist/store/sqlite/sql.gen.js';
import { freshFile, params, result } from './data.ts';
import type { Durability } from './settings.ts';

type Values = Readonly<Record<string, SQLInputValue>>;

interface Statement {
  readonly run: (values?: Values) => unknown;
  readonly all: (values: Values) => unknown[];
}

type Statements = Record<keyof typeof sql | 'begin' | 'commit', Statement>;

interface Raw {
  readonly database: DatabaseSync;
  readonly statements: Statements;
}

interface Claimed {
  readonly seq: number;
  readonly token: number;
  readonly attempts: number;
}

const noCounts = {
  blocked: 0,
  scheduled: 0,
  pending: 0,
  running: 0,
  completed: 0,
  failed: 0,
  timeout: 0,
  cancelled: 0,
};
const paramsText = JSON.stringify(params);
const resultText = JSON.stringify(result);

/** The raw limit of one store. */
export interface RawLimit {
  /** Jobs stored a second, in transactions of `size`. */
  readonly submit: (jobs: number, size: number, durability: Durability) => number | Promise<number>;
  /** Milliseconds that storing a job takes on a disk that rests between two of them, one figure for each. */
  readonly commits: (jobs: number, gapMs: number, durability: Durability) => Promise<number[]>;
  /** Jobs claimed and settled a second, `size` at a time. */
  readonly drain: (jobs: number, size: number, durability: Durability) => number | Promise<number>;
}

export const rawSqlite: RawLimit = { submit, commits, drain };

function submit(jobs: number, size: number, durability: Durability): number {
  const raw = openRaw('raw-submit', durability);
  const ids = Array.from({ length: jobs }, (_, place) => idOf(place));
  const began = performance.now();
  fill(raw, ids, size);
  const rate = perSecond(jobs, began);
  raw.database.close();
  return rate;
}

async function commits(jobs: number, gapMs: number, durability: Durability): Promise<number[]> {
  const raw = openRaw('raw-commits', durability);
  const taken: number[] = [];
  for (let place = 0; place < jobs; place += 1) {
    const began = performance.now();
    fill(raw, [idOf(place)], 1);
    taken.push(performance.now() - began);
    await sleep(gapMs);
  }
  raw.database.close();
  return taken;
}

/** Each transaction settles `size` jobs and claims the next. */
function drain(jobs: number, size: number, durability: Durability): number {
  const raw = openFull('raw-drain', jobs, durability);
  const began = performance.now();
  let held = claim(raw, size);
  while (held.length > 0) held = settleAndClaim(raw, held, size);
  const rate = perSecond(jobs, began);
  raw.database.close();
  return rate;
}

/** One transaction at a time, of one job; what it came to, undefined once there is nothing left. */
export type Steps = (jobs: number, durability: Durability) => () => unknown;

export const stepsOf: Readonly<Record<'submit' | 'drain', Steps>> = {
  submit: (jobs, durability) => {
    const raw = openRaw('raw-submit', durability);
    let stored = 0;
    return () => {
      if (stored === jobs) return undefined;
      fill(raw, [idOf(stored)], 1);
      return (stored += 1);
    };
  },
  drain: (jobs, durability) => {
    const raw = openFull('raw-drain', jobs, durability);
    let held = claim(raw, 1);
    return () => {
      held = held.length === 0 ? [] : settleAndClaim(raw, held, 1);
      return held[0];
    };
  },
};

function openFull(name: string, jobs: number, durability: Durability): Raw {
  const raw = openRaw(name, durability);
  const ids = Array.from({ length: jobs }, (_, place) => idOf(place));
  fill(raw, ids, 1000);
  return raw;
}

function openRaw(name: string, durability: Durability): Raw {
  const database = new DatabaseSync(freshFile(name));
  const synchronous = durability === 'full' ? 'FULL' : 'NORMAL';
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000`,
  );
  for (const { text } of migrations) database.exec(text);
  database.exec("INSERT INTO gigq_lanes (id, queue, task) VALUES (1, 'default', 'bench')");
  const texts = { ...sql, begin: 'BEGIN IMMEDIATE', commit: 'COMMIT' };
  const used = [
    'begin',
    'commit',
    'enqueue',
    'claim',
    'lease',
    'settle',
    'dependents',
    'countLane',
  ] as const;
  const statements = Object.fromEntries(used.map((key) => [key, prepare(database, texts[key])]));
  return { database, statements: statements as Statements };
}

/** Values are bound by place, as gigq binds them: by name it costs more than inserting a row. */
function prepare(database: DatabaseSync, text: string): Statement {
  const parameter = /:(\w+)/gu;
  const names = Array.from(text.matchAll(parameter), ([, name]) => name as string);
  const statement = database.prepare(text.replaceAll(parameter, '?'));
  const inOrder = (values: Values = {}): SQLInputValue[] =>
    names.map((name) => values[name] as SQLInputValue);
  return {
    run: (values) => statement.run(...inOrder(values)),
    all: (values) => statement.all(...inOrder(values)),
  };
}

function fill({ statements }: Raw, ids: readonly string[], size: number): void {
  for (let from = 0; from < ids.length; from += size) {
    statements.begin.run();
    const batch = ids.slice(from, from + size);
    for (const id of batch) insert(statements, id);
    statements.countLane.run({ ...noCounts, lane: 1, pending: batch.length });
    statements.commit.run();
  }
}

function insert(statements: Statements, id: string): void {
  statements.enqueue.run({
    id,
    lane: 1,
    name: 'bench',
    description: '',
    params: paramsText,
    priority: 0,
    status: 'pending',
    maxAttempts: 3,
    timeout: '300s',
    retry: null,
    runAt: null,
    workflow: null,
    parents: 0,
    waitingFor: 0,
    policy: null,
    passResults: 0,
    hasInputs: 0,
    now: Date.now(),
  });
}

function claim({ statements }: Raw, size: number): Claimed[] {
  const first = statements.claim.all({ limit: size }) as { readonly seq: number }[];
  if (first.length === 0) return [];
  const leases = first.map(({ seq }, place) => [
    seq,
    Math.floor(Math.random() * Number.MAX_SAFE_INTEGER),
    `bench-${place}`,
  ]);
  const grant = { leases: JSON.stringify(leases), worker: 1, now: Date.now() };
  return statements.lease.all(grant) as Claimed[];
}

function settleAndClaim(raw: Raw, held: readonly Claimed[], size: number): Claimed[] {
  const { statements } = raw;
  statements.begin.run();
  for (const job of held) settle(statements, job);
  statements.dependents.all({ parents: JSON.stringify(held.map(({ seq }) => seq)) });
  const next = claim(raw, size);
  const moved = held.length;
  statements.countLane.run({
    ...noCounts,
    lane: 1,
    pending: -next.length,
    running: next.length - moved,
    completed: moved,
  });
  statements.commit.run();
  return next;
}

function settle(statements: Statements, { seq, token, attempts }: Claimed): void {
  const ending = { status: 'completed', attempts, result: resultText, error: null };
  statements.settle.run({ seq, token, now: Date.now(), ...ending });
}

function idOf(place: number): string {
  return `01890000-0000-7000-8000-${String(place).padStart(12, '0')}`;
}

function perSecond(jobs: number, began: number): number {
  return (jobs / (performance.now() - began)) * 1000;
}
