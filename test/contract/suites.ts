// The whole contract, for any store.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { claim, claimWithoutWork, promotion } from './claim.contract.ts';
import { runSuite, type StoreUnderTest, type Suite } from './contract.ts';
import { enqueue } from './enqueue.contract.ts';
import { expiry, leases } from './leases.contract.ts';
import { get, list } from './looking.contract.ts';
import { matrix } from './matrix.contract.ts';
import { runModel } from './model.contract.ts';
import { hints, run } from './run.contract.ts';
import { inputs } from './inputs.contract.ts';
import { bringingBack, endings, parents } from './parents.contract.ts';
import { fences, progress, settle } from './settle.contract.ts';
import { crashes, lines, suspects } from './suspects.contract.ts';
import { cancel, prune, requeue } from './tending.contract.ts';
import { sizes, workflows } from './workflows.contract.ts';

const suites: Readonly<Record<string, Suite>> = {
  enqueue,
  claim,
  promotion,
  'claim without work': claimWithoutWork,
  settle,
  fences,
  progress,
  leases,
  expiry,
  suspects,
  'lines of suspects': lines,
  crashes,
  cancel,
  requeue,
  prune,
  parents,
  'parents that end': endings,
  'jobs that come back': bringingBack,
  'what parents pass on': inputs,
  workflows,
  'large graphs': sizes,
  list,
  get,
  run,
  hints,
  'the matrix of states and commands': matrix,
};

export function runContract(store: StoreUnderTest): void {
  describe('the model', () => {
    runModel(store);
  });
  for (const [name, suite] of Object.entries(suites)) {
    describe(name, () => {
      runSuite(suite, store);
    });
  }
  test('every exception of this store names a case', () => {
    const titles = new Set<string>();
    for (const suite of Object.values(suites)) suite((title) => titles.add(title));
    const unknown = Object.keys(store.exceptions).filter((title) => !titles.has(title));
    assert.deepEqual(unknown, []);
  });
}
