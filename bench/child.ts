// Processes that submit or work for a bench.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerOptions } from 'gigq';
import { type Answer, Calls } from './calls.ts';
import type { Commands } from './child-program.ts';
import type { Durability } from './settings.ts';

const root = join(import.meta.dirname, '..');
const endMs = 5000;
let program: string | undefined;

export interface ChildOptions {
  readonly database: string;
  readonly durability: Durability;
  /** It has a worker, with these options. */
  readonly worker?: WorkerOptions;
  /** Whether it notes how long its slots wait between two jobs. */
  readonly notesGaps?: boolean;
}

export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #calls = new Calls();

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (answer: Answer) => this.#calls.take(answer));
    child.on('exit', (code, signal) =>
      this.#calls.fail(new Error(`A child ended with ${code ?? signal}`)),
    );
  }

  /** Resolves once it has opened the database. */
  static async start({ durability, ...opening }: ChildOptions): Promise<Child> {
    program ??= stripTypeScriptTypes(
      readFileSync(join(import.meta.dirname, 'child-program.ts'), 'utf8'),
    );
    const args = ['--input-type=module', '--eval', program];
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    const child = new Child(spawn(process.execPath, args, { cwd: root, stdio: [...stdio] }));
    const queue = durability === 'full' ? undefined : { durability };
    await child.call('open', { ...opening, ...(queue && { queue }) });
    return child;
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  call<Name extends keyof Commands>(
    command: Name,
    options?: object,
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    const id = this.#calls.next();
    this.#process.send({ id, command, options });
    return this.#calls.answerTo(id) as Promise<Awaited<ReturnType<Commands[Name]>>>;
  }

  /** Leaves the database as a process that ends in order does, if that does not take too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), endMs);
    await this.call('close').catch(() => undefined);
    if (this.#process.connected) this.#process.disconnect();
    await gone;
    clearTimeout(timer);
  }
}

/** Started a few at a time, for each takes a moment of a core. */
export async function startChildren(count: number, options: ChildOptions): Promise<Child[]> {
  const children: Child[] = [];
  while (children.length < count) {
    const batch = Math.min(8, count - children.length);
    children.push(
      ...(await Promise.all(Array.from({ length: batch }, () => Child.start(options)))),
    );
  }
  return children;
}

export async function endChildren(children: readonly Child[]): Promise<void> {
  await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
}

/** Looks now and then, so that looking takes nothing from who works. */
export async function allSettled(child: Child): Promise<void> {
  while ((await child.call('unfinished')) > 0) await sleep(50);
}
