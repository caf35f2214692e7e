/** What every copy of gigq that a process loads has in common: a bundle and a module, or two versions. */

/** The one value of that name in this thread of this process; made when it is first asked for. */
export function processWide<T>(name: string, create: () => T): T {
  const shared = globalThis as { [key: symbol]: unknown };
  const key = Symbol.for(`gigq.${name}`);
  shared[key] ??= create();
  return shared[key] as T;
}
