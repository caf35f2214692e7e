// A command of a model-based run: what it does to the store and to the model, and the comparison after it.
import type fc from 'fast-check';
import type { JobStatus } from '../../dist/core/state.js';
import type { Seam } from '../helpers/store-seam.ts';
import { assertAlike } from './model-checks.ts';
import type { Model } from './model.ts';

export interface Real {
  seam: Seam;
  readonly reopen: (() => Promise<Seam>) | null;
  /** The state in which each job was last seen, unless it was brought back or removed since. */
  readonly seen: Map<string, JobStatus>;
}

type Step = (model: Model, real: Real) => Promise<void>;

export class Command implements fc.AsyncCommand<Model, Real> {
  readonly #text: string;
  readonly #step: Step;

  constructor(text: string, step: Step) {
    this.#text = text;
    this.#step = step;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.#step(model, real);
    await assertAlike(model, real);
  }

  toString(): string {
    return this.#text;
  }
}

/** A kind of command, from what it draws: its text is its name and what was drawn. */
export function command<T>(
  name: string,
  drawn: fc.Arbitrary<T>,
  step: (input: T) => Step,
): fc.Arbitrary<Command> {
  return drawn.map((input) => new Command(`${name}(${JSON.stringify(input)})`, step(input)));
}
