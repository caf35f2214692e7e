// A process of one queue, seen from its parent.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Answer, Calls } from '../calls.ts';
import { dataFolder } from '../data.ts';
import type { Competitor } from './competitors.ts';
import type { Commands } from './host.ts';

/** Where the servers are that some of them need. */
export type Servers = Readonly<Partial<Record<'redis' | 'redis-always' | 'postgres', string>>>;

const startMs = 30_000;
const callMs = 180_000;
const endMs = 2000;

export class Host implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #calls = new Calls();

  private constructor(competitor: Competitor, servers: Servers) {
    this.#name = competitor.name;
    this.#process = spawnHost(competitor, servers);
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.startsWith('@@')) this.#calls.take(JSON.parse(line.slice(2)) as Answer);
    });
    this.#process.once('error', (error) => this.#calls.fail(error));
    this.#process.once('exit', (code, signal) => {
      this.#calls.fail(new Error(`The process of ${this.#name} ended with ${code ?? signal}`));
    });
  }

  /** With an empty store, or on the one that is there. */
  static async start(
    competitor: Competitor,
    servers: Servers,
    how: 'setup' | 'open',
  ): Promise<Host> {
    const host = new Host(competitor, servers);
    try {
      await host.#answerTo(0, startMs);
      await host.call(how);
      return host;
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  async call<Name extends keyof Commands>(
    command: Name,
    ...[options]: Parameters<Commands[Name]>
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    const id = this.#calls.next();
    this.#process.stdin?.write(`${JSON.stringify({ id, command, options })}\n`);
    return (await this.#answerTo(id, callMs)) as Awaited<ReturnType<Commands[Name]>>;
  }

  /** Some do not end by themselves once their work is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), endMs);
    this.#process.stdin?.end();
    await gone;
    clearTimeout(timer);
  }

  async #answerTo(id: number, limitMs: number): Promise<unknown> {
    const late = `${this.#name} did not answer within ${limitMs / 1000} s`;
    const timer = setTimeout(() => this.#calls.take({ id, error: late }), limitMs);
    try {
      return await this.#calls.answerTo(id);
    } finally {
      clearTimeout(timer);
    }
  }
}

function spawnHost(competitor: Competitor, servers: Servers): ChildProcess {
  const { adapter, variant = '', runtime, server } = competitor;
  mkdirSync(dataFolder, { recursive: true });
  const log = openSync(join(dataFolder, `${competitor.key}.log`), 'a');
  const where = server === undefined ? '' : (servers[server] ?? '');
  return spawn(runtime ?? process.execPath, [join(import.meta.dirname, 'host.ts'), adapter], {
    stdio: ['pipe', 'pipe', log],
    env: {
      ...process.env,
      BENCH_PEER_DATA: dataFolder,
      BENCH_PEER_VARIANT: variant,
      BENCH_PEER_REDIS: where,
      BENCH_PEER_POSTGRES: where,
    },
  });
}
