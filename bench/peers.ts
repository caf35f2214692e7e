// gigq, the raw limit and other queues, in turn: round after round, case after case, one after the other.
import {
  areInstalled,
  type Competitor,
  competitors,
  missingFor,
  versionsOf,
} from './peers/competitors.ts';
import { type Case, cases, figureNames, type Measure } from './peers/cases.ts';
import type { Servers } from './peers/host-process.ts';
import { Fleet } from './peers/servers.ts';
import type { Beside, Figure, Finding, Skipped } from './figures.ts';
import { serverOfRun } from './server-databases.ts';
import { oneOf, type Settings, UsageError } from './settings.ts';

/** @throws {UsageError} if they are not installed, or there is no such queue or case */
export async function peers(settings: Settings): Promise<Finding[]> {
  const asked = chosen(settings);
  const chosenCases = casesOf(settings);
  if (!areInstalled()) {
    throw new UsageError('The peers are not installed. Run first: npm ci --prefix bench/peers');
  }
  await using fleet = await Fleet.start(asked, { postgres: serverOfRun() });
  const skipped = asked.flatMap((competitor) => skippedBy(competitor, fleet));
  const running = asked
    .filter(({ name }) => skipped.every((each) => each.name !== name))
    .map((competitor) => withServer(competitor, fleet));
  const taken = new Taken();
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const [name, each] of chosenCases) {
      for (const competitor of running) {
        console.log(`  round ${round}, ${name}: ${competitor.name}`);
        await take(taken, { name, each, competitor, servers: fleet.servers, settings });
      }
    }
  }
  return [...taken.findings(), ...skipped];
}

/** Those that are named, or else all; beside gigq on a server, those that are on that server as well. */
function chosen({ peers: keys, durability, store }: Settings): Competitor[] {
  const known = competitors.map(({ key }) => key);
  for (const key of keys ?? []) oneOf('--peers', key, known);
  const isUsual = ({ server }: Competitor): boolean => store === 'sqlite' || server === store;
  return competitors
    .filter((each) => each.key === 'gigq' || (keys?.includes(each.key) ?? isUsual(each)))
    .map((competitor) => ({
      ...competitor,
      ...(competitor.key === 'gigq' && {
        ...(store === 'postgres' && { server: store }),
        ...(durability === 'relaxed' && relaxed),
      }),
    }));
}

const relaxed = { variant: 'relaxed', durability: 'relaxed: no fsync for a commit' };

function casesOf({ cases: names }: Settings): [string, Case][] {
  for (const name of names ?? []) oneOf('--cases', name, Object.keys(cases));
  return Object.entries(cases).filter(([name, { byNameOnly }]) =>
    names === undefined ? byNameOnly !== true : names.includes(name),
  );
}

function skippedBy(competitor: Competitor, { missing }: Fleet): Skipped[] {
  const { name, server } = competitor;
  const reason = missingFor(competitor) ?? (server === undefined ? undefined : missing[server]);
  return reason === undefined ? [] : [{ name, skipped: reason }];
}

function withServer(competitor: Competitor, { versions }: Fleet): Competitor {
  const serverVersion = competitor.server && versions[competitor.server];
  return serverVersion === undefined ? competitor : { ...competitor, serverVersion };
}

interface Taking {
  readonly name: string;
  readonly each: Case;
  readonly competitor: Competitor;
  readonly servers: Servers;
  readonly settings: Settings;
}

/** The raw limit is taken right after gigq. A queue that fails in a case does not end the run. */
async function take(taken: Taken, { name, each, ...turn }: Taking): Promise<void> {
  const { competitor, settings } = turn;
  try {
    for (const measure of await each.run(turn)) taken.add(measure, competitor);
  } catch (error) {
    const [reason = ''] = String(error).split('\n');
    console.error(`  ${competitor.name} failed: ${reason}`);
    taken.fail({ name: `${competitor.name}, ${name}`, skipped: `it failed: ${reason}` });
  }
  if (competitor.key !== 'gigq') return;
  for (const measure of (await each.raw?.(settings)) ?? []) taken.add(measure);
}

/** What was measured so far: of each figure, gigq's rounds and those of the others. */
class Taken {
  readonly #figures = new Map<string, Omit<Figure, 'beside'> & { readonly beside: Others[] }>();
  readonly #failures: Skipped[] = [];

  /** Without a competitor it is the raw limit. */
  add({ name, unit, value }: Measure, competitor?: Competitor): void {
    const { rounds = [], beside = [] } = this.#figures.get(name) ?? {};
    if (competitor?.key === 'gigq') {
      const { durability } = competitor;
      const figure = { name, unit, rounds: [...rounds, value], durability, beside };
      this.#figures.set(name, figure);
      return;
    }
    const fresh = otherOf(name, competitor);
    const other = beside.find((each) => each.name === fresh.name) ?? fresh;
    if (other === fresh) beside.push(fresh);
    other.rounds.push(value);
  }

  fail(failure: Skipped): void {
    this.#failures.push(failure);
  }

  findings(): Finding[] {
    return [...this.#figures.values(), ...this.#failures];
  }
}

/** What grows while the rounds are taken. */
type Others = Omit<Beside, 'rounds'> & { readonly rounds: number[] };

function otherOf(figure: string, competitor?: Competitor): Others {
  if (competitor === undefined) return { name: 'the same statements by hand', rounds: [] };
  const { name, durability, settings, timesAsFast } = competitor;
  const target = figure === figureNames.drain(100) && timesAsFast !== undefined;
  return {
    name,
    rounds: [],
    durability,
    settings,
    versions: versionsOf(competitor),
    ...(target && { target: { atLeast: timesAsFast } }),
  };
}
