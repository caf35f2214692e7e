/** Takes the competitors in turn, round after round, so that a machine that slows down wrongs none of them. */
export async function inTurn<Name extends string, Value = number>(
  rounds: number,
  competitors: Readonly<Record<Name, (round: number) => Value | Promise<Value>>>,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(competitors) as Name[];
  const taken = Object.fromEntries(
    names.map((name): [string, Value[]] => [name, []]),
  ) as unknown as Record<Name, Value[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) taken[name].push(await competitors[name](round));
  }
  return taken;
}
