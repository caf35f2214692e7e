// Builds dist/ from src/: embeds the SQL, declares the types of what changed, writes the JavaScript, drops what has no source
// any more.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { generateSql, SqlError } from './generate-sql.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

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

function declareTypes(): boolean {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}

// What was built earlier stays behind; tests and the package would pick it up.
function dropOrphans(scripts: ReadonlySet<string>): void {
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const isScript = /\.js(?:\.map)?$/u.test(file);
    const isOrphan = isScript ? !scripts.has(file) : isWithoutSource(file);
    if (isOrphan) rmSync(join(dist, file));
  }
}

function isWithoutSource(file: string): boolean {
  const declared = /\.d\.ts$/u;
  return declared.test(file) && !existsSync(join(root, 'src', file.replace(declared, '.ts')));
}

function markExecutable(): void {
  chmodSync(join(dist, 'cli/main.js'), 0o755);
}

if (embedSql() && declareTypes()) {
  dropOrphans(await bundle());
  markExecutable();
} else {
  process.exitCode = 1;
}
