// npm run bench -- drain | submit | workflow | startup [--jobs 20000] [--concurrency 100] [--rounds 3]
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { dataFolder } from './data.ts';
import { drain } from './drain.ts';
import { printEnvironment } from './report.ts';
import { startup } from './startup.ts';
import { submit } from './submit.ts';
import { workflow } from './workflow.ts';

const benches = { drain, submit, workflow, startup };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '20000' },
    concurrency: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
  },
});

const names = positionals.length > 0 ? positionals : Object.keys(benches);
const options = {
  jobs: positive('jobs'),
  concurrency: positive('concurrency'),
  rounds: positive('rounds'),
};
printEnvironment();
try {
  for (const name of names) await find(name)(options);
} finally {
  rmSync(dataFolder, { recursive: true, force: true });
}

function find(name: string): (typeof benches)[keyof typeof benches] {
  if (Object.hasOwn(benches, name)) return benches[name as keyof typeof benches];
  return usage(`There is no bench called ${name}.`);
}

function positive(name: keyof typeof values): number {
  const number = Number(values[name]);
  return Number.isInteger(number) && number > 0
    ? number
    : usage(`--${name} takes a whole number above 0, not ${values[name]}.`);
}

function usage(problem: string): never {
  console.error(
    `${problem}\nBenches: ${Object.keys(benches).join(', ')}; options: --jobs, --concurrency, --rounds.`,
  );
  process.exit(2);
}
