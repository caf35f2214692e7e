import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take before it is killed. */
  readonly limitMs?: number;
}

let programs = 0;

/** Runs a program to its end. In it, `gigq` is everything that the package exports. */
export function runProgram(text: string, options: ProgramOptions): Promise<Ended> {
  const { folder, env = {}, limitMs = 30_000 } = options;
  const file = join(folder, `program-${++programs}.mjs`);
  writeFileSync(
    file,
    `import * as gigq from ${JSON.stringify(import.meta.resolve('gigq'))};\n${text}`,
  );
  return new Promise((resolve) => {
    const environment = { ...process.env, ...env };
    execFile(
      process.execPath,
      [file],
      { env: environment, timeout: limitMs },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.signal ?? error.code), stdout, stderr }),
    );
  });
}

/** A program that answers every line with a line. */
export class Dialogue {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(file: string, ...args: string[]) {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async read(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('The program has ended');
    return value;
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  end(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#child.once('close', () => resolve());
    });
    this.#child.stdin?.end();
    return ended;
  }
}
