/** Every option may stand before the command; the parser wants the command first. */

function isOption(argument: string | undefined): boolean {
  return (
    argument !== undefined && argument.startsWith('-') && argument !== '-' && argument !== '--'
  );
}

/** The arguments with the command at their head; as they are if there is none. */
export function hoistCommand(args: readonly string[], takesValue: ReadonlySet<string>): string[] {
  let at = 0;
  while (isOption(args[at])) at += takesValue.has(args[at] ?? '') ? 2 : 1;
  const command = args[at];
  if (command === undefined || command === '--') return [...args];
  return [command, ...args.slice(0, at), ...args.slice(at + 1)];
}
