// The budgets of CONTRIBUTING.md that no other tool checks: sizes of files and functions, nesting, parameters,
// barrels, and a few words that must not be in a file at all.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { functionsIn, isBarrel, parse } from './measure.ts';
import { textViolations } from './text-rules.ts';

const limits = { functionLines: 50, depth: 3, parameters: 4, medianFunctionLines: 10 };

const root = join(import.meta.dirname, '..');
const entryPoints = /^src\/(?:index|admin\/index|testing\/index)\.ts$/u;
const problems: string[] = [];
const lengths: number[] = [];

function checkLimit(what: string, value: number, limit: number): void {
  if (value > limit) problems.push(`${what}: ${value}, at most ${limit}`);
}

function maxLines(file: string): number {
  if (file.startsWith('src/core/')) return 200;
  return file === 'src/store/store.ts' ? 250 : 400;
}

function checkLines(file: string, text: string): void {
  checkLimit(`${file}: lines`, text.split('\n').length - 1, maxLines(file));
}

function checkFunctions(file: string, text: string): void {
  for (const { name, line, lines, depth, parameters } of functionsIn(parse(file, text))) {
    const place = `${file}:${line}: ${name}`;
    if (file.startsWith('src/')) lengths.push(lines);
    checkLimit(`${place}: lines`, lines, limits.functionLines);
    checkLimit(`${place}: levels of nesting`, depth, limits.depth);
    checkLimit(`${place}: positional parameters`, parameters, limits.parameters);
  }
}

function checkBarrel(file: string, text: string): void {
  if (!file.startsWith('src/')) return;
  if (isBarrel(parse(file, text), { isEntryPoint: entryPoints.test(file) })) {
    problems.push(
      `${file}: a barrel; import from the file itself, re-export by name in an entry point`,
    );
  }
}

function checkFile(file: string): void {
  const text = readFileSync(join(root, file), 'utf8');
  problems.push(...textViolations(file, text));
  checkLines(file, text);
  checkBarrel(file, text);
  // A suite is one function around its tests, so only what is called by them is measured.
  if (!file.endsWith('.test.ts') && !file.endsWith('.contract.ts')) checkFunctions(file, text);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const files = globSync('{src,test,demo,examples,bench,scripts}/**/*.ts', {
  cwd: root,
  // The peers of the bench, if they are installed.
  exclude: (name) => name.endsWith('node_modules'),
})
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.endsWith('.gen.ts'))
  .toSorted();
for (const file of files) checkFile(file);

const medianLines = median(lengths);
if (medianLines >= limits.medianFunctionLines) {
  problems.push(
    `the median function of src/ has ${medianLines} lines, it must stay below ${limits.medianFunctionLines}`,
  );
}
console.log(`${lengths.length} functions in src/, median ${medianLines} lines`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
