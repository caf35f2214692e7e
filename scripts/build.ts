// Builds dist/ from src/: embeds the SQL, compiles what changed, drops what has no source any more.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { generateSql, SqlError } from './generate-sql.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const emitted = /(?:\.d\.ts|\.js\.map|\.js)$/u;

function embedSql(): boolean {
  try {
    generateSql(join(root, 'src/store'));
    return true;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    console.error(error.message);
    return false;
  }
}

function compile(): boolean {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}

// An incremental build leaves the output of deleted sources behind; tests and the package would pick it up.
function dropOrphans(): void {
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const isOrphan =
      emitted.test(file) && !existsSync(join(root, 'src', file.replace(emitted, '.ts')));
    if (isOrphan) rmSync(join(dist, file));
  }
}

function markExecutable(): void {
  const command = join(dist, 'cli/main.js');
  if (existsSync(command)) chmodSync(command, 0o755);
}

process.exitCode = embedSql() && compile() ? 0 : 1;
dropOrphans();
markExecutable();
