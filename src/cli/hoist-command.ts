/** Every option may stand before the command; the parser wants the command first. */

function isOption(argument: string | undefined): boolean {
  return (
    argument !== undefined && argument.startsWith('-') && argument !== '-' && argument !== '--'
  );
}

interface Grammar {
  readonly takesValue: ReadonlySet<string>;
  /** Commands that have commands of their own. */
  readonly groups: ReadonlySet<string>;
}

/** The arguments with the command at their head, behind its group if it has one; as they are if there is none. */
export function hoistCommand(args: readonly string[], { takesValue, groups }: Grammar): string[] {
  let at = 0;
  while (isOption(args[at])) at += takesValue.has(args[at] ?? '') ? 2 : 1;
  const command = args[at];
  if (command === undefined || command === '--') return [...args];
  const rest = args.toSpliced(at, 1);
  const inner = { takesValue, groups: new Set<string>() };
  return [command, ...(groups.has(command) ? hoistCommand(rest, inner) : rest)];
}
