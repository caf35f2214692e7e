// A scenario as a test: the short slice, with a fixed seed unless GIGQ_FAULT_SEED names another.
import { it } from 'node:test';
import { runScenario, type Scenario } from './arena.ts';

const seed = Number(process.env['GIGQ_FAULT_SEED'] ?? 20_260_101);

export function scenario(title: string, run: Scenario): void {
  it(title, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const note = (what: string): void => t.diagnostic(what);
    await runScenario(run, { seed, size: 1, progress: () => undefined, note, signal: t.signal });
  });
}
