// Everything that is checked besides the tests, two steps at a time: a line for each, the output of those that fail.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

interface Step {
  readonly name: string;
  readonly commands: readonly string[];
  /** Its output is worth a look when it passes, too. */
  readonly reports?: boolean;
}

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');
const packed = mkdtempSync(join(tmpdir(), 'gigq-pack-'));
const sources = ['src', 'test', 'demo', 'examples', 'bench', 'scripts'].filter((folder) =>
  existsSync(join(root, folder)),
);

// The others read what the build writes: tests and examples are checked against dist/.
const build: Step = { name: 'build', commands: ['node scripts/build.ts'] };

// Longest first, so that the two lanes end at about the same time.
const steps: readonly Step[] = [
  { name: 'types', commands: ['tsc -p tsconfig.json'] },
  {
    name: 'package',
    commands: [
      `npm pack --ignore-scripts --silent --pack-destination ${packed}`,
      `publint run ${packed}/*.tgz --strict`,
      `attw ${packed}/*.tgz --profile esm-only --no-emoji --format ascii`,
    ],
  },
  { name: 'imports', commands: [`depcruise --output-type err-long ${sources.join(' ')}`] },
  {
    name: 'unused',
    commands: ['knip --no-progress --no-config-hints --tsConfig tsconfig.build.json'],
  },
  { name: 'format', commands: ['prettier --log-level warn --check .'] },
  { name: 'budgets', commands: ['node scripts/budgets.ts'], reports: true },
  { name: 'lint', commands: ['oxlint --type-aware --deny-warnings'] },
];

function run(command: string): Promise<Outcome> {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
  const child = spawn(command, { cwd: root, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const append = (chunk: string): string => (output += chunk);
  child.stdout.setEncoding('utf8').on('data', append);
  child.stderr.setEncoding('utf8').on('data', append);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ passed: code === 0, output }));
  });
}

async function runAll(commands: readonly string[]): Promise<Outcome> {
  let output = '';
  for (const command of commands) {
    const outcome = await run(command);
    output += outcome.output;
    if (!outcome.passed) return { passed: false, output: `$ ${command}\n${output}` };
  }
  return { passed: true, output };
}

async function perform(step: Step): Promise<boolean> {
  const start = performance.now();
  const { passed, output } = await runAll(step.commands);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? 'pass' : 'FAIL'}  ${step.name.padEnd(8)} ${seconds.padStart(5)} s`);
  if (!passed || step.reports === true) console.log(output.trimEnd());
  return passed;
}

async function drain(queue: Step[]): Promise<boolean> {
  let passed = true;
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    passed = (await perform(step)) && passed;
  }
  return passed;
}

async function check(): Promise<boolean> {
  if (!(await perform(build))) return false;
  const queue = [...steps];
  const lanes = await Promise.all([drain(queue), drain(queue)]);
  return lanes.every(Boolean);
}

try {
  process.exitCode = (await check()) ? 0 : 1;
} finally {
  rmSync(packed, { recursive: true, force: true });
}
