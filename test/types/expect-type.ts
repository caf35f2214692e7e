/** True only for two types that are the same, `any` and optional members included. */
export type Same<A, B> =
  (<T>(value: T) => T extends A ? 1 : 2) extends <T>(value: T) => T extends B ? 1 : 2
    ? true
    : false;

/** Compiles only for a type that is `true`. */
export function expectType<T extends true>(proof?: T): T | undefined {
  return proof;
}
