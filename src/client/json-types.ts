/** JSON at the level of types: what may go into a job, and what comes back out of it. */
import type { Jsonify } from 'type-fest';

/**
 * What is read back of a value that was stored: JSON's view of it. A Date becomes its ISO string, nothing becomes
 * null; `any` and `unknown` stay as they are.
 *
 * @example
 * const at: Stored<{ at: Date }> = { at: '2030-01-01T00:00:00.000Z' };
 */
export type Stored<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? unknown
    : T extends void | undefined
      ? null
      : Jsonify<T>;

type Lossy = ((...args: never) => unknown) | bigint | symbol;
interface NotJson {
  readonly 'not JSON': never;
}
type AsJson<P> = P extends Jsonify<P> ? P : Jsonify<P>;

/**
 * Params are JSON by type: a Date, a Map, a function or a bigint among them does not compile. What types cannot see
 * is refused at submit.
 */
export type JsonParams<P> = 0 extends 1 & P
  ? P
  : P extends Lossy
    ? NotJson
    : P extends object
      ? P extends readonly unknown[]
        ? AsJson<P>
        : [Extract<P[keyof P], Lossy>] extends [never]
          ? AsJson<P>
          : NotJson
      : AsJson<P>;

export type Awaitable<T> = T | PromiseLike<T>;
