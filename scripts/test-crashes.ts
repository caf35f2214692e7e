// Runs the crash tests on PostgreSQL: all that is done to processes there, by the same code as on files in `npm test`.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const files = globSync('test/crash/*.test.ts', { cwd: root }).toSorted();
const env = { ...process.env, GIGQ_TEST_STORE: 'postgres' };
const command = [join(root, 'scripts/test.ts'), ...files];
const { status } = spawnSync(process.execPath, command, { cwd: root, env, stdio: 'inherit' });
process.exitCode = status ?? 1;
