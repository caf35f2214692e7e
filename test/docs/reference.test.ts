// The parts of the docs that follow from the code: they are held against it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { errorCodes } from '../../dist/core/error-codes.js';
import { statuses, transitions } from '../../dist/core/state.js';

const docs = join(import.meta.dirname, '../../docs');

describe('docs/errors.md', () => {
  it('has a section for every code that there is, and for no other', () => {
    const page = readFileSync(join(docs, 'errors.md'), 'utf8');
    const sections = [...page.matchAll(/^### (\w+)$/gmu)].map(([, code]) => code ?? '');
    assert.deepEqual(sections.toSorted(byText), [...errorCodes].toSorted(byText));
  });
});

describe('docs/doctor.md', () => {
  it("tells of every finding that is the doctor's own, and of no other", () => {
    const source = readFileSync(join(docs, '../src/store/doctor.ts'), 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gmu)].map(([, code]) => code ?? '');
    const page = readFileSync(join(docs, 'doctor.md'), 'utf8');
    const told = [...page.matchAll(/^\| `(\w+)`/gmu)].map(([, code]) => code ?? '');
    assert.deepEqual(told.toSorted(byText), codes.toSorted(byText));
  });
});

describe('the diagram of states', () => {
  it('shows the transitions of the table, each and no other', () => {
    const page = readFileSync(join(docs, 'decisions/states-and-decide.md'), 'utf8');
    const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+): (\w+)$/gmu)].map(([line]) =>
      line.trim(),
    );
    assert.deepEqual(drawn.toSorted(), tableAsArrows().toSorted());
  });
});

/** Removed jobs are in no state, so pruning is no arrow. */
function tableAsArrows(): string[] {
  return Object.entries(transitions).flatMap(([command, targets]) =>
    statuses.flatMap((from) =>
      (targets[from] ?? [])
        .filter((to) => to !== 'removed')
        .map((to) => `${from} --> ${to}: ${command}`),
    ),
  );
}

function byText(one: string, other: string): number {
  return one.localeCompare(other);
}
