export type Given<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** The options that were given, so that defaults stand where a flag is missing. */
export function withoutMissing<T extends object>(options: Given<T>): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
