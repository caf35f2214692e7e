/** What a handler process or thread is started with. */
import { fileURLToPath } from 'node:url';

/** Compiled, the runner stands beside this file under the same extension. */
export const runnerModule = fileURLToPath(
  import.meta.url.replace(/runner-module(\.\w+)$/u, 'runner$1'),
);

/** Options of Node that are for one process only: a port to debug it, what it tests, what it evaluates. */
const own =
  /^--?(?:inspect|debug|test|watch|eval|print|e$|p$|pe$|check|c$|interactive|i$|cpu-prof|heap-prof)/u;
const withValue = /^(?:-e|--eval|-p|--print|-pe)$/u;

/** How this process was started, as far as it holds for others: loaders, conditions, limits. */
export function inheritedArguments(all: readonly string[] = process.execArgv): string[] {
  return all.filter((argument, place) => {
    const before = all[place - 1];
    return !own.test(argument) && !(before !== undefined && withValue.test(before));
  });
}
