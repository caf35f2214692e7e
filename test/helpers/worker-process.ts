// A worker in a process of its own, to be killed, frozen and signalled.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WorkerOptions } from 'gigq';
import { processState } from '../../dist/worker/identity.js';
import type { Scope } from './store-seam.ts';
import { holdLock, isOnServer } from './held-lock.ts';
import { found } from './pauses.ts';

const fixtures = join(import.meta.dirname, '../fixtures/worker');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** How long after it was asked for. */
  readonly afterMs: number;
}

export class WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly #exit: Promise<Omit<Exit, 'afterMs'>>;
  stderr = '';

  private constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => this.lines.push(line));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#exit = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** A program of the fixtures; it is killed when the test is over. */
  static run(t: Scope, program: string, ...args: readonly string[]): WorkerProcess {
    const stdio: 'pipe'[] = ['pipe', 'pipe', 'pipe'];
    const child = spawn(process.execPath, [join(fixtures, program), ...args], { stdio });
    const started = new WorkerProcess(child);
    t.after(async () => {
      child.kill('SIGKILL');
      await started.#exit;
    });
    return started;
  }

  /** A worker that has said that it is ready. */
  static async start(
    t: Scope,
    database: string,
    options: WorkerOptions = {},
  ): Promise<WorkerProcess> {
    const started = WorkerProcess.run(t, 'work.ts', database, JSON.stringify(options));
    await started.said('ready');
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Stops it while it does not have the write lock of a file: with it, it would keep everybody else from going on. */
  async freeze(database: string): Promise<void> {
    // A server gives back by itself what is locked by those of whom nothing is heard.
    const release = isOnServer(database) ? null : await holdLock(database);
    try {
      this.signal('SIGSTOP');
      await found(() => processState(this.pid)?.state === 'T', 'the process to stand still');
    } finally {
      await release?.();
    }
  }

  async said(line: string): Promise<void> {
    const hasEnded = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null;
    const heard = await found(
      () => (this.lines.includes(line) ? 'heard' : hasEnded() && 'ended'),
      `'${line}'`,
    );
    if (heard === 'ended' && !this.lines.includes(line)) {
      throw new Error(`The program ended without saying '${line}': ${this.stderr}`);
    }
  }

  async exit(): Promise<Exit> {
    const askedAtMs = performance.now();
    return { ...(await this.#exit), afterMs: performance.now() - askedAtMs };
  }
}
