// Runs the tests: all of them, or the files named on the command line (`npm test -- test/unit/retry.test.ts`).
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = join(import.meta.dirname, '..');
const named = process.argv.slice(2);
// The first of them starts a hundred processes at once; the others bound no time, so they run beside it.
const first = [
  'test/crash/suspects.test.ts',
  'test/contract/sqlite.test.ts',
  'test/docs/readme.test.ts',
];
const others = globSync('test/**/*.test.ts', { cwd: root, exclude: first }).toSorted();
// Those that mostly wait, for graces and leases, run beside those that mostly compute.
const waiting = others.filter((file) => /^test.(?:crash|faults)\b/u.test(file));
const computing = others.filter((file) => !waiting.includes(file));
const inTurn = computing.flatMap((file, place) => [...waiting.slice(place, place + 1), file]);
const files = named.length > 0 ? named : [...first, ...inTurn];

if (others.length === 0) {
  console.error('No test found: test/**/*.test.ts matches no file.');
  process.exit(1);
}

// What two cores spend most on is to start processes, a third of it to compile the same modules again.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/compile');
process.chdir(root);
process.exitCode = 1;

run({
  files,
  concurrency: 2,
  timeout: 120_000,
  execArgv: ['--import=./scripts/test-deadline.ts'],
})
  .on('test:summary', ({ file, success }) => {
    if (file === undefined && success) process.exitCode = 0;
  })
  .compose(spec)
  .pipe(process.stdout);
