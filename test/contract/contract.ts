// What every store is held to. A store's test file runs these suites with a factory of its own.
import { test } from 'node:test';
import type { Scope, Seam } from '../helpers/store-seam.ts';

export interface StoreUnderTest {
  /** An empty store, on a clock that stands still; closed when the test is over. */
  open(scope: Scope): Promise<OpenStore>;
  /** Cases that this store cannot pass, each with the reason. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** How many sequences of commands the model-based runs try. */
  readonly modelRuns: number;
}

export interface OpenStore {
  readonly seam: Seam;
  /** Grows with everything that is written to the store. */
  writes(): number | Promise<number>;
  /** The same store, opened again after it was closed; null for one that does not outlive its closing. */
  readonly reopen: (() => Promise<Seam>) | null;
}

export type Case = (title: string, run: (seam: Seam, store: OpenStore) => Promise<void>) => void;

export type Suite = (holds: Case) => void;

/** Registers the cases of a suite for one store. */
export function runSuite(suite: Suite, store: StoreUnderTest): void {
  suite((title, run) => {
    const skip = store.exceptions[title] ?? false;
    test(title, { skip }, async (scope) => {
      const opened = await store.open(scope);
      await run(opened.seam, opened);
    });
  });
}
