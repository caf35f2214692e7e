// A script of the repository in a process of its own, as somebody would run it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const root = join(import.meta.dirname, '../..');

interface ScriptOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

interface ScriptEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Script {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #hasEnded = false;
  #stdout = '';
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, 'close');
    // Not by the promise: nobody may look between the event and its reactions.
    child.once('close', () => (this.#hasEnded = true));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
  }

  /** It is killed if it outlives the test. `file` is relative to the repository. */
  static start(t: TestContext, file: string, options: ScriptOptions = {}): Script {
    const { args = [], cwd = root, env = {} } = options;
    const child = spawn(process.execPath, [join(root, file), ...args], {
      cwd,
      env: { ...process.env, INIT_CWD: cwd, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const script = new Script(child);
    t.after(async () => {
      child.kill('SIGKILL');
      await script.#closed;
    });
    return script;
  }

  /** Resolves with what the pattern finds in all that was written, once it is there. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (match !== null) return match;
      if (this.#hasEnded) throw new Error(`It ended without ${pattern}:\n${this.#stderr}`);
      await this.#news();
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<ScriptEnd> {
    await this.#closed;
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      const told = (): void => resolve();
      this.#child.stdout?.once('data', told);
      this.#child.stderr?.once('data', told);
      this.#child.once('close', told);
    });
  }
}
