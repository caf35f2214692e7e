// npm run faults -- [--rounds 5] [--seed 1] [scenario …]: the scenarios, that many times as large as in the tests.
import { parseArgs } from 'node:util';
import { runScenario, type Scenario } from './arena.ts';
import { cancelDeaf, cancelEach } from './scenarios/cancels.ts';
import { freezePastLease, freezeWithinLease } from './scenarios/freezes.ts';
import { reusedLabel, reusedPid, twoNamespaces } from './scenarios/identities.ts';
import { killAll, killWorkers } from './scenarios/kills.ts';
import { frozenLock, lockPastDeadline } from './scenarios/locks.ts';
import { rollingRestart, stopAtWork, stopTwice, stopWithoutDatabase } from './scenarios/stops.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  'kill-workers': killWorkers,
  'kill-all': killAll,
  'freeze-past-lease': freezePastLease,
  'freeze-within-lease': freezeWithinLease,
  'frozen-lock': frozenLock,
  'lock-past-deadline': lockPastDeadline,
  'stop-at-work': stopAtWork,
  'stop-twice': stopTwice,
  'stop-without-database': stopWithoutDatabase,
  'rolling-restart': rollingRestart,
  'reused-pid': reusedPid,
  'reused-label': reusedLabel,
  'two-namespaces': twoNamespaces,
  'cancel-each': cancelEach,
  'cancel-deaf': cancelDeaf,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});

const [size, seed] = [whole('rounds'), whole('seed')];
const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
const { isTTY } = process.stderr;

console.log(`seed ${seed}, ${size} times the size of the tests`);
for (const name of names) if (!Object.hasOwn(scenarios, name)) usage(`There is no ${name}.`);
for (const name of names) await perform(name);

async function perform(name: string): Promise<void> {
  const began = performance.now();
  const told = (outcome: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    show('');
    console.log(`${outcome}  ${name.padEnd(22)} ${seconds.padStart(6)} s`);
  };
  try {
    await runScenario(scenarios[name] ?? usage(`There is no ${name}.`), {
      seed,
      size,
      progress: (what) => show(`      ${name}: ${what}`),
      note: (what) => console.log(`      ${name}: ${what}`),
    });
    told('held');
  } catch (error) {
    told('BROKE');
    console.error(error);
    console.error(`Again: npm run faults -- --rounds ${size} --seed ${seed} ${name}`);
    process.exitCode = 1;
  }
}

/** One line that is written over; nothing where nobody looks. */
function show(what: string): void {
  if (isTTY) process.stderr.write(`\r\u001B[K${what.slice(0, process.stderr.columns - 1)}`);
}

function whole(name: 'rounds' | 'seed'): number {
  const number = Number(values[name]);
  const least = name === 'rounds' ? 1 : 0;
  if (Number.isInteger(number) && number >= least) return number;
  return usage(`--${name} takes a whole number from ${least} on, not ${values[name]}.`);
}

function usage(problem: string): never {
  const known = Object.keys(scenarios).join(', ');
  console.error(`${problem}\nScenarios: ${known}; options: --rounds, --seed.`);
  process.exit(2);
}
