// npm run bench [-- <bench> …] [options]; without a name, all but those that are asked for by name only.
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { dataFolder } from './data.ts';
import { type Finding, isMeasured } from './figures.ts';
import { linesOf } from './print.ts';
import { pace } from './pace.ts';
import { startPostgres } from './postgres-server.ts';
import { resultsOf, type Results, save } from './results.ts';
import { useServer } from './server-databases.ts';
import { type Started, stop } from './server-process.ts';
import { readSettings, type Settings, type StoreName, usage, UsageError } from './settings.ts';

type Bench = (settings: Settings) => Promise<readonly Finding[]>;

interface Entry {
  readonly about: string;
  readonly load: () => Promise<Bench>;
  /** Takes so long, or needs so much, that it runs only if it is named. */
  readonly byNameOnly?: boolean;
  /** Default: every store. */
  readonly store?: StoreName;
}

const benches: Readonly<Record<string, Entry>> = {
  drain: {
    about: 'how fast a worker runs jobs that do nothing',
    load: async () => (await import('./drain.ts')).drain,
  },
  submit: {
    about: 'how fast jobs are stored',
    load: async () => (await import('./submit.ts')).submit,
  },
  // Before what leaves much behind that the disk has still to write.
  lock: {
    about: 'how long a transaction keeps the write lock from others',
    load: async () => (await import('./lock.ts')).lock,
    store: 'sqlite',
  },
  workflow: {
    about: 'how fast a graph runs beside as many plain jobs',
    load: async () => (await import('./workflow.ts')).workflow,
  },
  startup: {
    about: 'what a command costs beside an empty Node program',
    load: async () => (await import('./startup.ts')).startup,
  },
  latency: {
    about: 'how soon a job starts that an idle worker gets',
    load: async () => (await import('./latency.ts')).latency,
  },
  io: {
    about: 'how close jobs that wait come to the ideal',
    load: async () => (await import('./io.ts')).io,
  },
  backlog: {
    about: 'whether jobs that wait slow a worker down',
    load: async () => (await import('./backlog.ts')).backlog,
  },
  processes: {
    about: 'several worker processes on one file',
    load: async () => (await import('./processes.ts')).processes,
  },
  memory: {
    about: 'the peak of a worker with a million jobs waiting',
    load: async () => (await import('./memory.ts')).memory,
  },
  idle: {
    about: 'what a worker costs that has nothing to do',
    load: async () => (await import('./idle.ts')).idle,
  },
  due: {
    about: 'how late a job starts that was put off',
    load: async () => (await import('./due.ts')).due,
  },
  wake: {
    about: 'what a new job costs when many idle workers watch',
    load: async () => (await import('./wake.ts')).wake,
    store: 'sqlite',
  },
  isolation: {
    about: 'jobs in threads and processes of their own',
    load: async () => (await import('./isolation.ts')).isolation,
  },
  looking: {
    about: 'looking at a file of a million jobs, and who is kept waiting',
    load: async () => (await import('./looking.ts')).looking,
    store: 'sqlite',
  },
  move: {
    about: 'how fast the jobs of a file move to a server',
    load: async () => (await import('./move.ts')).move,
    store: 'postgres',
    byNameOnly: true,
  },
  peers: {
    about: 'gigq, the raw limit and other queues, in turn',
    load: async () => (await import('./peers.ts')).peers,
    byNameOnly: true,
  },
  profile: {
    about: 'where the time of one job goes',
    load: async () => (await import('./profile.ts')).profile,
    store: 'sqlite',
    byNameOnly: true,
  },
  snapshot: {
    about: 'what an old snapshot that is held does to a busy queue',
    load: async () => (await import('./snapshot.ts')).snapshot,
    byNameOnly: true,
    store: 'postgres',
  },
  soak: {
    about: 'millions of jobs through one file that is cleared',
    load: async () => (await import('./soak.ts')).soak,
    store: 'sqlite',
    byNameOnly: true,
  },
};

async function runAndClean(settings: Settings): Promise<void> {
  // What a run left behind that was interrupted.
  rmSync(dataFolder, { recursive: true, force: true });
  const started = settings.store === 'postgres' ? await startPostgres() : undefined;
  useServer(started);
  try {
    await run(settings, started);
  } finally {
    if (started !== undefined) await stop(started.server);
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function run(settings: Settings, started: Started | undefined): Promise<void> {
  const found: Record<string, readonly Finding[]> = {};
  const paces: Record<string, number> = {};
  const results = resultsOf(settings, { benches: found, paces }, started?.version);
  printEnvironment(results);
  for (const name of settings.benches) {
    paces[name] = await pace();
    console.log(`\n${name}: ${benches[name]?.about} (machine at ${shareOfBest(paces, name)} %)`);
    const findings = await measure(name, settings);
    for (const line of findings.flatMap(linesOf)) console.log(line);
    found[name] = findings;
    if (hasMeasured(found)) save(results, kindOf(settings));
  }
  if (!hasMeasured(found)) return console.log('\nNothing was measured, and nothing written');
  console.log(`\nWritten to ${relative(process.cwd(), save(results, kindOf(settings)))}`);
}

/** Of the best pace so far. */
function shareOfBest(paces: Readonly<Record<string, number>>, name: string): number {
  const best = Math.max(...Object.values(paces));
  return Math.round(((paces[name] ?? 0) / best) * 100);
}

/** A run that came to nothing does not take the place of an earlier one. */
function hasMeasured(found: Readonly<Record<string, readonly Finding[]>>): boolean {
  return Object.values(found).flat().some(isMeasured);
}

/** A bench that fails does not take the others' figures with it. */
async function measure(name: string, settings: Settings): Promise<readonly Finding[]> {
  const { store = settings.store } = benches[name] ?? {};
  if (store !== settings.store) return [{ name, skipped: `it is for --store ${store} only` }];
  try {
    const bench = await benches[name]?.load();
    return (await bench?.(settings)) ?? [];
  } catch (error) {
    if (error instanceof UsageError) throw error;
    console.error(error);
    process.exitCode = 1;
    return [{ name, skipped: `it failed: ${String(error)}` }];
  }
}

function printEnvironment({ machine, versions, settings }: Results): void {
  const { cpu, cores, kernel } = machine;
  const store = versions.postgres ?? `SQLite ${versions.sqlite}`;
  console.log(
    `gigq ${versions.gigq} (${versions.commit}), Node ${versions.node}, ${store}, ${cores} × ${cpu}, Linux ${kernel}; rounds: ${settings.rounds}`,
  );
}

/** What the file is called after its date: nothing for a whole run on files. */
function kindOf({ benches: names, quick, jobs, store }: Settings): string {
  const isWhole = usual[store].every((name) => names.includes(name));
  const where = store === 'sqlite' ? [] : [store];
  const isOfOtherSize = quick || jobs !== undefined;
  return [...where, ...(isWhole ? [] : names), ...(isOfOtherSize ? ['quick'] : [])].join('-');
}

const usual = { sqlite: usualOn('sqlite'), postgres: usualOn('postgres') };

function usualOn(store: StoreName): readonly string[] {
  return Object.entries(benches)
    .filter(([, entry]) => entry.byNameOnly !== true && (entry.store ?? store) === store)
    .map(([name]) => name);
}

try {
  const [command] = process.argv.slice(2);
  if (command === 'help' || command === '--help') console.log(usage);
  else if (command === 'table') await (await import('./table.ts')).writeTable();
  else
    await runAndClean(readSettings(process.argv.slice(2), { known: Object.keys(benches), usual }));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
