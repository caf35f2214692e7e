// Random commands on a store and on the model. A failure prints the commands, shrunk to the few that matter, and the
// seed: GIGQ_TEST_SEED=<seed> runs the same ones again.
import fc from 'fast-check';
import { test } from 'node:test';
import type { StoreUnderTest } from './contract.ts';
import { assertRecorded } from './model-checks.ts';
import { begin, commands } from './model-commands.ts';
import type { Real } from './model-step.ts';
import { Model } from './model.ts';

const seed = Number(process.env['GIGQ_TEST_SEED'] ?? Date.now() % 2 ** 31);

export function runModel(store: StoreUnderTest): void {
  test(`does what the model does, whatever is asked of it (seed ${seed})`, async () => {
    const sequence = fc.commands(commands, { maxCommands: 60, size: 'max' });
    const property = fc.asyncProperty(sequence, (steps) => compare(store, steps));
    await fc.assert(property, { numRuns: store.modelRuns, seed });
  });
}

async function compare(
  store: StoreUnderTest,
  steps: Iterable<fc.AsyncCommand<Model, Real>>,
): Promise<void> {
  const ends: (() => void | Promise<void>)[] = [];
  const { seam, reopen } = await store.open({ after: (end) => ends.push(end) });
  const model = new Model(seam.clock.wall());
  const real: Real = { seam, reopen, seen: new Map() };
  try {
    await begin(model, real);
    await fc.asyncModelRun(() => ({ model, real }), steps);
    await assertRecorded(model, real);
  } finally {
    for (const end of ends) await end();
  }
}
