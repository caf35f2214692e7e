// A scenario as a test: the short slice, with a fixed seed unless GIGQ_FAULT_SEED names another.
import { it, type TestContext } from 'node:test';
import { freshAddress } from '../helpers/postgres-server.ts';
import { type Run, runScenario, type Scenario } from './arena.ts';

const seed = Number(process.env['GIGQ_FAULT_SEED'] ?? 20_260_101);

export function scenario(title: string, run: Scenario): void {
  it(title, (t) => perform(t, run));
}

/** The same on PostgreSQL. */
export function scenarioOnServer(title: string, run: Scenario): void {
  it(title, async (t) => perform(t, run, { database: await freshAddress() }));
}

async function perform(
  t: TestContext,
  scenarioToRun: Scenario,
  where: Pick<Run, 'database'> = {},
): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  const note = (what: string): void => t.diagnostic(what);
  const run = { ...where, seed, size: 1, progress: () => undefined, note, signal: t.signal };
  await runScenario(scenarioToRun, run);
}
