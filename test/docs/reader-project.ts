// The project of somebody who reads the docs: gigq is installed there, and what the pages say is tried in it.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './pages.ts';

const installed = ['zod', 'valibot', 'pg', 'kysely', 'drizzle-orm', '@types'];

export interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

// So that the commands of a page can be run as they stand.
const shellPrelude = 'npx() { shift; "$NODE" "$GIGQ" "$@"; }\n';
const limitMs = 60_000;

export class ReaderProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'gigq-docs-'));

  constructor() {
    const modules = join(this.folder, 'node_modules');
    mkdirSync(modules);
    symlinkSync(root, join(modules, 'gigq'));
    for (const name of installed)
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    this.write('package.json', '{ "type": "module" }');
  }

  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Runs a program in its own folder. */
  run(file: string): Promise<Ended> {
    return ended(process.execPath, [file], dirname(file));
  }

  /** Runs a command line of a page in a folder of the project. */
  shell(command: string, folder: string): Promise<Ended> {
    return ended('sh', ['-c', shellPrelude + command], join(this.folder, folder));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ended(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  const env = { ...process.env, NODE: process.execPath, GIGQ: join(root, 'dist/cli/main.js') };
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env, timeout: limitMs }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.signal ?? error.code), stdout, stderr });
    });
  });
}
