/** Standing for a result that is not there yet, in the params of a job that waits for it. */
import { GigqError } from '../core/errors.ts';
import type { JobError, Reference } from '../core/job.ts';
import { limits } from '../core/limits.ts';

declare const RESULT: unique symbol;

/**
 * Stands for the result of a workflow's job in the params of another, and makes the one wait for the other. Turning it
 * into text throws: the value is put in its place when the job runs.
 *
 * @example
 * workflow.addTask(index, { text: fetched.result });
 */
export interface ResultRef<T> {
  readonly [RESULT]: T;
}

/** How a parent ended, for a dependent that runs whatever happened. */
export type Settled<R> =
  | { readonly status: 'completed'; readonly result: R }
  | { readonly status: 'failed' | 'timeout' | 'cancelled'; readonly error: JobError };

type Scalar = string | number | bigint | boolean | symbol | null | undefined | Date;

/** The same value, in which any part may be a reference to a result of that part's type. */
export type WithRefs<T> =
  | T
  | ResultRef<T>
  | (T extends Scalar
      ? never
      : T extends readonly unknown[]
        ? { readonly [K in keyof T]: WithRefs<T[K]> }
        : T extends object
          ? { [K in keyof T]: WithRefs<T[K]> }
          : never);

/** What can be referred to: a job of a workflow. */
export interface Referent {
  readonly id: string;
  readonly name: string;
}

export class Ref {
  readonly target: Referent;
  readonly kind: Reference['kind'];

  constructor(target: Referent, kind: Reference['kind']) {
    this.target = target;
    this.kind = kind;
  }

  toString(): never {
    throw this.#misused();
  }

  toJSON(): never {
    throw this.#misused();
  }

  [Symbol.toPrimitive](): never {
    throw this.#misused();
  }

  #misused(): GigqError {
    const what = this.kind === 'result' ? 'result' : 'settled result';
    return new GigqError(
      'invalid_option',
      `The ${what} of '${this.target.name}' is not there yet: a reference to it is no text`,
      { hint: 'Pass it as a part of the params of addTask(); the handler gets the value.' },
    );
  }
}

/** A reference, and where it was found. */
export interface FoundRef {
  readonly path: readonly (string | number)[];
  readonly ref: Ref;
}

/** The params with null in the place of every reference, and the references. Only arrays and plain objects are searched. */
export function takeRefs(params: unknown): {
  readonly params: unknown;
  readonly refs: readonly FoundRef[];
} {
  const refs: FoundRef[] = [];
  const copied = new Search(refs).copy(params);
  return { params: refs.length === 0 ? params : copied, refs };
}

class Search {
  readonly #found: FoundRef[];
  readonly #path: (string | number)[] = [];
  readonly #around = new Set<object>();

  constructor(found: FoundRef[]) {
    this.#found = found;
  }

  copy(value: unknown): unknown {
    if (value instanceof Ref) {
      this.#found.push({ path: [...this.#path], ref: value });
      return null;
    }
    // What goes round in a circle is left to be refused with the other values that are no JSON.
    if (!isSearched(value) || this.#around.has(value)) return value;
    if (this.#path.length > limits.jsonDepth) return value;
    this.#around.add(value);
    const copied = Array.isArray(value) ? this.#copyArray(value) : this.#copyObject(value);
    this.#around.delete(value);
    return copied;
  }

  #copyArray(values: readonly unknown[]): unknown[] {
    return Array.from(values, (value, place) => this.#copyAt(place, value));
  }

  #copyObject(value: object): object {
    const copied: Record<string, unknown> = { ...value };
    for (const key of Object.keys(copied)) {
      const part = this.#copyAt(key, copied[key]);
      // Not assigned: that would do something else to a key that is called __proto__.
      if (part !== copied[key]) Object.defineProperty(copied, key, { value: part });
    }
    return copied;
  }

  #copyAt(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const copied = this.copy(value);
    this.#path.pop();
    return copied;
  }
}

function isSearched(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  return isPlain && !('toJSON' in value);
}
