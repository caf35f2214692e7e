// Where the time of one job goes: a worker on a database that is open in the same thread, under V8's own profiler.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { JobQueue, Worker } from 'gigq';
import { bench, fill, freshDatabase } from './database.ts';
import type { Finding } from './figures.ts';
import { type Settings, sized } from './settings.ts';

type Node = Profiler.ProfileNode;

export async function profile(settings: Settings): Promise<Finding[]> {
  const { concurrency = 100 } = settings;
  const jobs = sized(settings, 100_000);
  await using queue = new JobQueue(await freshDatabase('profile'), { inPlace: true });
  await fill(queue, jobs);
  await using worker = new Worker(queue, { concurrency, tasks: [bench] });
  const found = await profiled(() => worker.drain());
  const shares = [...sharesOf(found)].toSorted(([, one], [, other]) => other - one);
  const all = shares.reduce((sum, [, ms]) => sum + ms, 0);
  return shares.map(([name, ms]) => ({
    name: `${name}, ${Math.round((ms / all) * 100)} %`,
    unit: 'µs a job',
    rounds: [(ms / jobs) * 1000],
    durability: 'full',
  }));
}

async function profiled(work: () => Promise<unknown>): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await work();
  const { profile: found } = await session.post('Profiler.stop');
  session.disconnect();
  return found;
}

/** Milliseconds by what they were spent on. */
function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
  const spentOn = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const name = (node: Node, within: string): void => {
    const own = nameOf(node, within) ?? within;
    spentOn.set(node.id, own);
    for (const child of node.children ?? []) name(byId.get(child) as Node, own);
  };
  name(nodes[0] as Node, 'Node itself: event loop, promises, timers');
  const shares = new Map<string, number>();
  for (const [place, id] of samples.entries()) {
    const key = spentOn.get(id) ?? '';
    if (key !== 'idle') shares.set(key, (shares.get(key) ?? 0) + (timeDeltas[place] ?? 0) / 1000);
  }
  return shares;
}

const commit = 'SQLite: commits, each with its fsync';

/** What a call is for; undefined: what its caller is for. */
function nameOf({ callFrame }: Node, within: string): string | undefined {
  const { functionName } = callFrame;
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  const module = moduleOf(callFrame) ?? '';
  if (module === 'store/sqlite/sqlite-store.ts' && functionName === '#commit') return commit;
  if (within === commit || module === 'store/sqlite/prepared.ts') return undefined;
  if (module === 'store/sqlite/connection.ts') return 'SQLite: statements';
  if (/^(?:store|core)\//u.test(module)) return 'the store: rules, rows, batches';
  if (/^(?:worker|client)\//u.test(module)) return 'the worker: claims, handlers, settling';
  return undefined;
}

const rooms = new Map<string, readonly string[]>();

/** The module below src/ that a call is in: in the file of its room, the name of each stands above its code. */
function moduleOf({ url, lineNumber }: Node['callFrame']): string | undefined {
  if (!url.includes('/dist/rooms/')) return undefined;
  const lines = rooms.get(url) ?? readFileSync(fileURLToPath(url), 'utf8').split('\n');
  rooms.set(url, lines);
  const above = lines.findLast((line, place) => place <= lineNumber && heading.test(line));
  return heading.exec(above ?? '')?.[1];
}

const heading = /^\/\/ src\/(.*)$/u;
