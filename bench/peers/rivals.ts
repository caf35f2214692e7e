// The other queues on PostgreSQL, beside gigq's own benches on it: where they are installed.
import type { Beside } from '../figures.ts';
import { serverOfRun } from '../server-databases.ts';
import type { Settings } from '../settings.ts';
import { drainAt } from './cases.ts';
import { areInstalled, type Competitor, competitors, versionsOf } from './competitors.ts';

const keys: ReadonlySet<string> = new Set(['graphile-worker', 'pg-boss']);

export class Rivals {
  readonly #competitors: readonly Competitor[];
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
    const isAsked = settings.store === 'postgres' && settings.durability === 'full';
    const known = isAsked && areInstalled() ? competitors : [];
    this.#competitors = known.filter(({ key }) => keys.has(key));
  }

  /** What each of them drains, to be taken in turn with others. */
  drains(concurrency: number, jobs: number): Readonly<Record<string, () => Promise<number>>> {
    const postgres = serverOfRun()?.address ?? '';
    const entries = this.#competitors.map((competitor): [string, () => Promise<number>] => [
      competitor.name,
      async () => {
        const turn = { competitor, servers: { postgres }, settings: this.#settings };
        return (await drainAt(turn, concurrency, jobs)).value;
      },
    ]);
    return Object.fromEntries(entries);
  }

  /** What was taken so, to stand beside gigq's figure. */
  beside(concurrency: number, taken: Readonly<Record<string, readonly number[]>>): Beside[] {
    return this.#competitors.map((competitor) => {
      const { name, durability, settings, timesAsFastOnServer } = competitor;
      const isJudged = concurrency === 100 && timesAsFastOnServer !== undefined;
      return {
        name,
        rounds: taken[name] ?? [],
        durability,
        settings,
        versions: versionsOf(competitor),
        ...(isJudged && { target: { atLeast: timesAsFastOnServer } }),
      };
    });
  }
}
