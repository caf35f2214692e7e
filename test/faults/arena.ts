// Where a scenario happens: a database, processes on it, those who make the faults, and the check of what came of it.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JobQueue, type WorkerOptions } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import type { ClientPlan } from '../fixtures/faults/client.ts';
import type { Cluster } from '../helpers/postgres-cluster.ts';
import { Random } from '../helpers/random.ts';
import type { Scope } from '../helpers/store-seam.ts';
import { found, pause } from '../helpers/pauses.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';
import { check, type CheckOptions } from './checker.ts';
import { type History, HistoryReader, type Line, type Op, Recorder } from './history.ts';
import { readRecords, type Records } from './records.ts';

export interface Run {
  readonly seed: number;
  /** How many times as large as in the tests. */
  readonly size: number;
  /** Called as it goes on, with what is told to people. */
  readonly progress: (what: string) => void;
  /** Called with what somebody who reads the outcome should know. */
  readonly note: (what: string) => void;
  /** Of a server; undefined: a file of the scenario's own. */
  readonly database?: string;
  /** That server, if it is one to be ended and started again. */
  readonly server?: Pick<Cluster, 'crash' | 'restart'>;
  /** Nobody waits for the end any more. */
  readonly signal?: AbortSignal;
}

/** One kind of fault and what must come of it; throws if it does not. */
export type Scenario = (arena: Arena) => Promise<void>;

/** Runs a scenario. If it fails, the error tells the seed, and the history is kept. */
export async function runScenario(scenario: Scenario, run: Run): Promise<void> {
  const ends: (() => void | Promise<void>)[] = [];
  const arena = new Arena({ after: (end) => void ends.push(end) }, run);
  let hasFailed = true;
  try {
    await Promise.race([scenario(arena), aborted(run.signal)]);
    hasFailed = false;
  } catch (error) {
    throw new Error(`With the seed ${run.seed}; the history is in ${arena.folder}`, {
      cause: error,
    });
  } finally {
    for (const end of ends.toReversed()) await end();
    if (!hasFailed) rmSync(arena.folder, { recursive: true, force: true });
  }
}

function aborted(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

export class Arena {
  readonly folder = mkdtempSync(join(tmpdir(), 'gigq-faults-'));
  readonly database: string;
  readonly queue: JobQueue;
  readonly random: Random;
  readonly run: Run;
  readonly recorder = new Recorder(this.folder);
  readonly #reader = new HistoryReader(this.folder);
  readonly #scope: Scope;
  #slowestStartMs = 0;

  constructor(scope: Scope, run: Run) {
    this.#scope = scope;
    this.run = run;
    this.database = run.database ?? join(this.folder, 'jobs.db');
    this.queue = new JobQueue(this.database);
    this.random = new Random(run.seed);
    scope.after(async () => {
      await this.queue.close();
      this.recorder.close();
    });
  }

  // ── processes ─────────────────────────────────────────────────────────────────────────────────

  program(name: string, ...args: readonly string[]): WorkerProcess {
    return WorkerProcess.run(this.#scope, `../faults/${name}.ts`, this.database, ...args);
  }

  /** A worker that is ready; its jobs take so many times as long as they say. */
  async worker(options: WorkerOptions = {}, pace = 1): Promise<WorkerProcess> {
    const askedAtMs = performance.now();
    const worker = this.program('worker', this.folder, JSON.stringify(options), String(pace));
    await worker.said('ready');
    this.#slowestStartMs = Math.max(this.#slowestStartMs, performance.now() - askedAtMs);
    return worker;
  }

  /** What a machine that is busy with other things may add to a bound: as much as it added to the start of a worker. */
  get slackMs(): number {
    return this.#slowestStartMs;
  }

  workers(count: number, options: WorkerOptions = {}): Promise<WorkerProcess[]> {
    return Promise.all(Array.from({ length: count }, () => this.worker(options)));
  }

  client(plan: Omit<ClientPlan, 'seed'>): WorkerProcess {
    const seed = this.random.between(0, 2 ** 31);
    return this.program('client', this.folder, JSON.stringify({ ...plan, seed }));
  }

  /** Submits jobs from here, and waits until they are acknowledged. */
  async submit(name: string, count: number, ms: number): Promise<readonly string[]> {
    const client = this.client({ name, shape: 'batch', calls: Math.ceil(count / 10), ms });
    await client.said('done');
    return this.history.flatMap(({ op, job = '' }) =>
      op === 'acked' && job.startsWith(`${name}-`) ? [job] : [],
    );
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────

  /** Asks a process to stop, and waits for its first word about it. */
  async ask(worker: WorkerProcess, name: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
    this.#strike('signalled', name, worker);
    await worker.said(name);
  }

  kill(...processes: readonly WorkerProcess[]): void {
    for (const victim of processes) this.#strike('killed', 'SIGKILL', victim);
  }

  /** The signal that ends a process which was asked before. */
  insist(worker: WorkerProcess, name: 'SIGTERM' | 'SIGINT'): void {
    this.#strike('killed', name, worker);
  }

  /** Resolves when all of its threads stand still, which takes a busy machine a while. */
  async freeze(victim: WorkerProcess): Promise<void> {
    this.#strike('frozen', 'SIGSTOP', victim);
    await this.until(() => standsStill(victim.pid), 'the process to stand still');
  }

  /** Frozen with the write lock in hand it would stop everybody: then it goes on a little, and is frozen again. */
  async freezeApart(victim: WorkerProcess): Promise<void> {
    await this.freeze(victim);
    // A server gives back by itself what is locked by those of whom nothing is heard.
    while (this.run.database === undefined && this.#isLocked()) {
      this.thaw(victim);
      await pause(this.random.between(10, 50));
      await this.freeze(victim);
    }
  }

  #isLocked(): boolean {
    const connection = new DatabaseSync(this.database, { timeout: 500 });
    try {
      connection.exec('BEGIN IMMEDIATE; ROLLBACK');
      return false;
    } catch {
      return true;
    } finally {
      connection.close();
    }
  }

  thaw(victim: WorkerProcess): void {
    this.#strike('thawed', 'SIGCONT', victim);
  }

  /** Somebody takes the write lock; the returned function makes it let go. */
  async holdLock(how: 'frozen' | 'awake'): Promise<() => Promise<void>> {
    const holder = this.program('hold-lock', how);
    await holder.said('locked');
    this.recorder.add({ op: 'held', of: holder.pid });
    return async () => {
      this.recorder.add({ op: 'freed', of: holder.pid });
      if (how === 'frozen') holder.signal('SIGCONT');
      holder.child.stdin?.end();
      const { code } = await holder.exit();
      assert.equal(code, 0, holder.stderr);
    };
  }

  #strike(op: Op, signal: NodeJS.Signals, victim: WorkerProcess): void {
    this.recorder.add({ op, of: victim.pid });
    victim.signal(signal);
  }

  // ── looking ───────────────────────────────────────────────────────────────────────────────────

  get history(): History {
    return this.#reader.history;
  }

  get records(): Records {
    return readRecords(this.database);
  }

  lines(op: Op, ofWhom?: WorkerProcess): readonly Line[] {
    return this.history.filter(
      (line) => line.op === op && (ofWhom === undefined || line.pid === ofWhom.pid),
    );
  }

  until(look: () => unknown, what: string, withinMs = 60_000): Promise<unknown> {
    return found(look, what, withinMs);
  }

  /** Waits until every job has ended. */
  async allEnded(withinMs = 60_000): Promise<void> {
    try {
      await this.until(() => this.#haveAllEnded(), 'all jobs to end', withinMs);
    } catch (error) {
      // What went wrong on the way tells more than that it did not end.
      this.verify({ allEnded: false, leaseMs: 0, mayCrashLoop: true });
      throw error;
    }
  }

  async #haveAllEnded(): Promise<boolean> {
    const { completed, failed, timeout, cancelled, total } = await this.queue.stats();
    const ended = completed + failed + timeout + cancelled;
    this.run.progress(`${ended} of ${total} jobs have ended`);
    return total > 0 && ended === total;
  }

  /** The life that the worker of a process has now; 0: none. */
  async epochOf({ pid }: WorkerProcess): Promise<number> {
    const workers = await storeOf(this.queue).call('workers', null);
    return workers.find((each) => each.pid === pid && each.state !== 'lost')?.epoch ?? 0;
  }

  /** What happened must be allowed by the invariants. */
  verify(options: CheckOptions = {}): void {
    const violations = check(this.history, this.records, options);
    const shown = violations.slice(0, 20).join('\n');
    assert.equal(violations.length, 0, `${violations.length} violations:\n${shown}`);
  }
}

/** Where no /proc tells, the signal is taken at its word. */
function standsStill(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return true;
  return readdirSync(folder).every((thread) => / T /u.test(statusOf(`${folder}/${thread}/stat`)));
}

function statusOf(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.lastIndexOf(')') + 1, text.lastIndexOf(')') + 5);
}
