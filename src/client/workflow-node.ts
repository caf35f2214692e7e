/** A job of a workflow, as the program that puts it together sees it. */
import type { Stored } from './json-types.ts';
import type { ResultRef, Settled } from './result-ref.ts';

/** A job of a workflow, whatever its result is. */
export interface AnyNode {
  readonly id: string;
  readonly name: string;
  readonly result: ResultRef<unknown>;
  readonly settled: ResultRef<unknown>;
}

/** A job of a workflow that is being put together. */
export interface WorkflowNode<R> {
  readonly id: string;
  readonly name: string;
  /** Stands for its result in the params of another; not for one that runs whatever happens, which may find none. */
  readonly result: ResultRef<Stored<R>>;
  /** Stands for how it ended, its result or its error, in the params of another. */
  readonly settled: ResultRef<Settled<Stored<R>>>;
}
