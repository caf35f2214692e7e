// The raw limit on PostgreSQL: the very statements that gigq runs, by hand on the bare driver, on one connection, each awaited
// and committed by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { prepare, type Statement } from '../dist/store/postgres/prepared.js';
import { migrations, sql } from '../dist/store/postgres/sql.gen.js';
import { params, result } from './data.ts';
import type { RawLimit } from './raw.ts';
import { freshOnServer } from './server-databases.ts';
import type { Durability } from './settings.ts';

export const rawPostgres: RawLimit = { submit, commits, drain };

type Row = Readonly<Record<string, string>>;

interface Raw extends AsyncDisposable {
  readonly run: (name: Statement, values: object) => Promise<readonly Row[]>;
}

const worker = { instance: 'bench', epoch: 1 };
const lane = 1;
const paramsText = JSON.stringify(params);
const resultText = JSON.stringify(result);

async function submit(jobs: number, size: number, durability: Durability): Promise<number> {
  await using raw = await openRaw('raw-submit', durability);
  const began = performance.now();
  await fill(raw, jobs, size);
  return perSecond(jobs, began);
}

async function commits(jobs: number, gapMs: number, durability: Durability): Promise<number[]> {
  await using raw = await openRaw('raw-commits', durability);
  const taken: number[] = [];
  for (let place = 0; place < jobs; place += 1) {
    const began = performance.now();
    await insert(raw, place, 1);
    taken.push(performance.now() - began);
    await sleep(gapMs);
  }
  return taken;
}

async function drain(jobs: number, size: number, durability: Durability): Promise<number> {
  await using raw = await openRaw('raw-drain', durability);
  await fill(raw, jobs, 1000);
  const began = performance.now();
  let left = jobs;
  while (left > 0) {
    const held = await claim(raw, size);
    await settle(raw, held);
    left -= held.length;
  }
  return perSecond(jobs, began);
}

/** A database of its own, with one worker and one lane, under the settings that gigq's transactions have. */
async function openRaw(name: string, durability: Durability): Promise<Raw> {
  const client = new pg.Client(await freshOnServer(name));
  await client.connect();
  await client.query('CREATE SCHEMA gigq');
  for (const { text } of migrations) await client.query(text);
  await client.query(
    "INSERT INTO gigq.lanes (queue, task, suspect) VALUES ('default', 'bench', 0)",
  );
  for (const setting of settings) await client.query(`SET ${setting}`);
  if (durability === 'relaxed') await client.query('SET synchronous_commit = off');
  const statements = new Map(
    (Object.keys(sql) as Statement[]).map((each) => [each, prepare(each, 'gigq')]),
  );
  const run: Raw['run'] = async (statement, values) => {
    const { parameters, ...query } = statements.get(statement) as ReturnType<typeof prepare>;
    const list = parameters.map((parameter) => (values as Record<string, unknown>)[parameter]);
    return (await client.query<Row>({ ...query, values: list })).rows;
  };
  await run('registerWorker', registered);
  return { run, [Symbol.asyncDispose]: () => client.end() };
}

const settings = [
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'jit = off',
  'plan_cache_mode = force_generic_plan',
];

const registered = {
  ...worker,
  label: 'bench',
  host: 'bench',
  pid: 1,
  version: '0',
  tasks: '["bench"]',
  processTasks: '[]',
  moduleTasks: '[]',
  concurrency: 100,
  leaseMs: 30_000,
};

async function fill(raw: Raw, jobs: number, size: number): Promise<void> {
  for (let from = 0; from < jobs; from += size)
    await insert(raw, from, Math.min(size, jobs - from));
}

async function insert(raw: Raw, from: number, count: number): Promise<void> {
  const column = <T>(value: T): T[] => Array.from({ length: count }, () => value);
  await raw.run('enqueue', {
    ids: Array.from({ length: count }, (_, place) => idOf(from + place)),
    lanes: column(lane),
    names: column('bench'),
    descriptions: column(''),
    params: column(paramsText),
    priorities: column(0),
    maxAttempts: column(3),
    timeouts: column('300s'),
    retries: column(null),
    afterMs: column(null),
    atMs: column(null),
    parents: column(0),
    waitingFor: column(0),
    policies: column(null),
    passResults: column(0),
    hasInputs: column(0),
    workflow: null,
  });
}

async function claim(raw: Raw, size: number): Promise<readonly Row[]> {
  const slots = Array.from({ length: size }, (_, place) => `bench-${place}`);
  const tokens = slots.map(() => Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
  const look = {
    inLanes: true,
    window: size,
    limit: size,
    lanes: [lane],
    ended: [],
    from: 0,
    strange: [],
    level: 2 ** 53,
    promoted: true,
  };
  const byStep = { atOnce: false, busy: false, counted: true, laneCount: 1 };
  const withInputs = { fewParents: 0, fewBytes: 0 };
  const rows = await raw.run('claim', {
    ...worker,
    ...look,
    ...byStep,
    ...withInputs,
    tokens,
    slots,
  });
  if (rows[0]?.['seq'] === null) throw new Error('There was nothing to claim');
  return rows;
}

async function settle(raw: Raw, held: readonly Row[]): Promise<void> {
  await raw.run('settle', {
    seqs: held.map(({ seq }) => seq),
    tokens: held.map(({ token }) => token),
    statuses: held.map(() => 'completed'),
    attempts: held.map(({ attempts }) => attempts),
    results: held.map(() => resultText),
    errors: held.map(() => null),
    lanes: held.map(() => lane),
  });
}

function idOf(place: number): string {
  return `01890000-0000-7000-8000-${String(place).padStart(12, '0')}`;
}

function perSecond(jobs: number, began: number): number {
  return (jobs / (performance.now() - began)) * 1000;
}
