// Services in tests: in this process, or in one of their own that can be killed and signalled.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Job, type Service, type ServiceOptions, supervise } from 'gigq';
import { Effects, found, place, type Place } from './worker-place.ts';
import { holdLock } from './held-lock.ts';
import { WorkerProcess } from './worker-process.ts';

export const taskModule = join(import.meta.dirname, '../fixtures/worker/service-tasks.ts');

/** The program that serve() runs. */
export const serveProgram = join(import.meta.dirname, '../fixtures/worker/serve.ts');

/** A job that runs. */
export interface Run {
  readonly id: string;
  readonly pid: number;
  /** The process that it has started, if any. */
  readonly childPid: number;
}

export class ServiceScene {
  readonly here: Place;
  readonly effects: Effects;
  readonly #t: TestContext;

  constructor(t: TestContext, database?: string) {
    this.#t = t;
    this.here = place(t, database);
    this.effects = new Effects(join(this.here.folder, 'effects'));
  }

  /** A service of this process, whose processes are all ready; it is stopped when the test is over. */
  async supervise(options: Partial<ServiceOptions> = {}): Promise<Service> {
    const service = this.begin({ tasks: [taskModule], processes: 2, ...options });
    await this.ready(options.processes ?? 2);
    return service;
  }

  /** A service of this process that need not come to work. */
  begin(options: ServiceOptions): Service {
    const service = supervise(this.here.database, { handleSignals: false, ...options });
    this.#t.after(() => service.stop({ timeout: '0ms' }));
    return service;
  }

  /** A service in a process of its own, whose processes are all ready. */
  async serve(options: Partial<ServiceOptions> = {}): Promise<WorkerProcess> {
    const all = { tasks: [taskModule], processes: 2, ...options };
    const service = WorkerProcess.run(this.#t, 'serve.ts', this.here.database, JSON.stringify(all));
    const pids = await this.ready(all.processes);
    this.#t.after(() => pids.filter(isAlive).forEach((pid) => process.kill(pid, 'SIGKILL')));
    return service;
  }

  /** Keeps others from writing until the test is over. */
  async holdLock(): Promise<void> {
    this.#t.after(await holdLock(this.here.database));
  }

  async ready(count: number): Promise<readonly number[]> {
    return found(async () => {
      const workers = await this.here.queue.workers();
      const pids = workers.filter(({ state }) => state === 'active').map(({ pid }) => pid);
      return pids.filter(isAlive).length === count ? pids : null;
    }, `${count} workers`);
  }

  /** Submits a job of that task, and waits until it runs. */
  async run(task: string, params: object = {}): Promise<Run> {
    const all = { effects: this.effects.path, ...params };
    const { id } = await this.here.queue.submit(new Job({ task, params: all }));
    const line = await found(
      () => this.effects.lines.find((each) => each.startsWith(`began ${id} `)),
      `${task} to run`,
    );
    const [, , pid, childPid] = line.split(' ');
    return { id, pid: Number(pid), childPid: Number(childPid) };
  }

  /** Submits jobs of that task. */
  async submit(task: string, count: number, params: object = {}): Promise<readonly string[]> {
    const all = { effects: this.effects.path, ...params };
    const jobs = Array.from({ length: count }, () => new Job({ task, params: all }));
    return (await this.here.queue.submitMany(jobs)).map(({ id }) => id);
  }
}

/** A zombie is none: it runs no more. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !isZombie(pid);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  return /^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

export async function gone(...pids: readonly number[]): Promise<number> {
  const fromMs = performance.now();
  await found(() => !pids.some(isAlive), `the end of ${pids.join(', ')}`);
  return performance.now() - fromMs;
}
