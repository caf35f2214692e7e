// npm run faults -- [--rounds 5] [--seed 1] [--store postgres] [scenario …]: the scenarios, that many times as large as in the tests.
import { parseArgs } from 'node:util';
import { Cluster } from '../helpers/postgres-cluster.ts';
import { freshAddress } from '../helpers/postgres-server.ts';
import { runScenario, type Scenario } from './arena.ts';
import { cancelDeaf, cancelEach } from './scenarios/cancels.ts';
import { freezePastLease, freezeWithinLease } from './scenarios/freezes.ts';
import { reusedLabel, reusedPid, twoNamespaces } from './scenarios/identities.ts';
import { killAll, killWorkers } from './scenarios/kills.ts';
import { frozenLock, lockPastDeadline } from './scenarios/locks.ts';
import { serverRestarts } from './scenarios/restarts.ts';
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
  'server-restarts': serverRestarts,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    store: { type: 'string', default: 'sqlite' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});

const [size, seed] = [whole('rounds'), whole('seed')];
/** What they do to a database is what somebody does to a file. */
const ofFiles = new Set([
  'frozen-lock',
  'lock-past-deadline',
  'stop-twice',
  'stop-without-database',
]);
const ofServers = new Set(['server-restarts']);
const onServer = isOnServer();
const isElsewhere = (name: string): boolean => (onServer ? ofFiles : ofServers).has(name);
const all = Object.keys(scenarios).filter((name) => !isElsewhere(name));
const names = positionals.length > 0 ? positionals : all;
const { isTTY } = process.stderr;

console.log(`seed ${seed}, ${size} times the size of the tests`);
for (const name of names) {
  if (!Object.hasOwn(scenarios, name)) usage(`There is no ${name}.`);
  if (isElsewhere(name)) usage(`${name} is for ${onServer ? 'files' : '--store postgres'}.`);
}
for (const name of names) await perform(name);

async function perform(name: string): Promise<void> {
  const began = performance.now();
  const told = (outcome: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    show('');
    console.log(`${outcome}  ${name.padEnd(22)} ${seconds.padStart(6)} s`);
  };
  const server = ofServers.has(name) ? await Cluster.start() : undefined;
  try {
    await runScenario(scenarios[name] ?? usage(`There is no ${name}.`), {
      seed,
      size,
      ...(onServer && { database: server?.address ?? (await freshAddress()) }),
      ...(server && { server }),
      progress: (what) => show(`      ${name}: ${what}`),
      note: (what) => console.log(`      ${name}: ${what}`),
    });
    told('held');
  } catch (error) {
    told('BROKE');
    console.error(error);
    const again = `--store ${values.store} --rounds ${size} --seed ${seed} ${name}`;
    console.error(`Again: npm run faults -- ${again}`);
    process.exitCode = 1;
  } finally {
    await server?.remove();
  }
}

function isOnServer(): boolean {
  const { store } = values;
  if (store === 'postgres' || store === 'sqlite') return store === 'postgres';
  return usage(`--store takes sqlite or postgres, not ${store}.`);
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
  console.error(`${problem}\nScenarios: ${known}; options: --rounds, --seed, --store.`);
  process.exit(2);
}
