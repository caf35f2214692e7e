// What a worker costs that has nothing to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.ts';
import { freshDatabase } from './database.ts';
import type { Figure, Finding } from './figures.ts';
import { cpuMs, isLinux, writesIn } from './proc.ts';
import { ask, serverOfRun } from './server-databases.ts';
import type { Settings } from './settings.ts';

export async function idle(settings: Settings): Promise<Finding[]> {
  const { rounds, durability, quick, store } = settings;
  if (!isLinux) return [{ name: 'idle worker', skipped: 'it needs /proc' }];
  const seconds = quick ? 3 : 10;
  const taken: Idle[] = [];
  while (taken.length < rounds) taken.push(await idleOnce(seconds * 1000, settings));
  const ofStore = store === 'sqlite' ? writesOf(taken) : queriesOf(taken, seconds);
  return [
    {
      name: `idle worker, over ${seconds} s`,
      unit: '% of a core',
      rounds: taken.map(({ share }) => share),
      durability,
      target: { atMost: store === 'sqlite' ? 1 : 0.5 },
    },
    { ...ofStore, durability },
  ];
}

interface Idle {
  readonly share: number;
  /** Write transactions besides heartbeats, or all queries that a server gets. */
  readonly calls: number;
}

type OfStore = Omit<Figure, 'durability'>;

function writesOf(taken: readonly Idle[]): OfStore {
  const rounds = taken.map(({ calls }) => calls);
  return {
    name: 'its writes besides heartbeats',
    unit: 'transactions',
    rounds,
    target: { atMost: 0 },
  };
}

function queriesOf(taken: readonly Idle[], seconds: number): OfStore {
  const rounds = taken.map(({ calls }) => calls / seconds);
  return {
    name: 'its queries, heartbeats included',
    unit: 'queries/s',
    rounds,
    target: { atMost: 1 },
  };
}

/** On a server the first beat, after ten seconds, makes a connection of its own. */
const settledAfterMs = { sqlite: 1000, postgres: 12_000 };

async function idleOnce(ms: number, { durability, store }: Settings): Promise<Idle> {
  const database = await freshDatabase('idle');
  const callsIn = store === 'sqlite' ? writesBesideBeats : await queriesIn(database);
  await using child = await Child.start({ database, durability, worker: { concurrency: 10 } });
  await child.call('start');
  await child.call('send', { jobs: 5, gapMs: 20 });
  await sleep(settledAfterMs[store]);
  const before = { calls: callsIn(database), cpu: cpuMs(child.pid) };
  await sleep(ms);
  const after = { calls: callsIn(database), cpu: cpuMs(child.pid) };
  return { share: ((after.cpu - before.cpu) / ms) * 100, calls: after.calls - before.calls };
}

function writesBesideBeats(database: string): number {
  const { commits, beats } = writesIn(database);
  return commits - beats;
}

/** A line of the server's log for each message that asks it for something, from now on and by new connections. */
async function queriesIn(database: string): Promise<() => number> {
  const name = new URL(database).pathname.slice(1);
  await ask(database, `ALTER DATABASE ${name} SET log_statement = 'all'`);
  let queries = 0;
  serverOfRun()?.server.stderr?.on('data', (text: Buffer) => {
    queries += text.toString().split(/LOG: {2}(?:statement|execute)/u).length - 1;
  });
  return () => queries;
}
