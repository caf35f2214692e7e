// Runs the tests: all of them, or the files named on the command line (`npm test -- test/unit/retry.test.ts`).
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const named = process.argv.slice(2);
// A hundred processes at once: first, beside the contract suite, which bounds no time.
const heaviest = 'test/crash/suspects.test.ts';
const all = globSync('test/**/*.test.ts', { cwd: root, exclude: [heaviest] }).toSorted();
const files = named.length > 0 ? named : [heaviest, ...all];

if (files.length === 0) {
  console.error('No test found: test/**/*.test.ts matches no file.');
  process.exit(1);
}

const options = [
  '--test',
  '--test-reporter=spec',
  '--test-concurrency=2',
  '--test-timeout=120000',
  '--import=./scripts/test-deadline.ts',
];
const { status } = spawnSync(process.execPath, [...options, ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
