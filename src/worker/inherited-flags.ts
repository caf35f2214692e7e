/** The flags of Node that a process takes over from the one that starts it, for workers or for handlers. */

/** What belongs to one process alone: its debugger, its watch mode, its test run, and the program that it was given. */
const ownFlags =
  /^(?:--(?:inspect|debug-port|watch|test|experimental-test|eval|print|check|interactive|input-type|build-sea)(?:$|[-=])|-(?:e|p|pe|c|i)$)/u;

/** What does not begin with a dash is the value of the flag before it. */
export function inheritedFlags(flags: readonly string[]): string[] {
  let isOwn = false;
  return flags.filter((flag) => {
    if (flag.startsWith('-')) isOwn = ownFlags.test(flag);
    return !isOwn;
  });
}
