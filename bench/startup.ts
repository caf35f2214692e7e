// What a command costs beside an empty Node program: the whole process, from start to exit.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freshDatabase } from './database.ts';
import type { Bound, Finding } from './figures.ts';
import type { Settings } from './settings.ts';
import { inTurn } from './turns.ts';

const command = join(import.meta.dirname, '../dist/cli/main.js');
const runsPerRound = 5;

export async function startup({ rounds, store }: Settings): Promise<Finding[]> {
  const database = await freshDatabase('startup');
  run([command, 'submit', 'bench', '--db', database]);
  const { empty, submit, list } = await inTurn(rounds * runsPerRound, {
    empty: () => run(['-e', '']),
    submit: () => run([command, 'submit', 'bench', '--db', database]),
    list: () => run([command, 'list', '--db', database]),
  });
  // A server's part in it is not ours.
  const target = store === 'sqlite' ? { atMost: 150 } : undefined;
  return [
    finding('gigq submit', submit, { empty, target }),
    finding('gigq list', list, { empty, target }),
  ];
}

function finding(
  name: string,
  taken: readonly number[],
  { empty, target }: { readonly empty: readonly number[]; readonly target: Bound | undefined },
): Finding {
  return {
    name: `${name}, beyond an empty Node program`,
    unit: 'ms',
    rounds: taken.map((ms, round) => ms - (empty[round] ?? Number.NaN)),
    durability: 'full',
    ...(target && { target }),
  };
}

function run(args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stderr}`);
  return performance.now() - began;
}
