// What a command costs beside an empty Node program: the whole process, from start to exit.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freshDatabase } from './data.ts';
import { type BenchOptions, inTurn, median, printFigures } from './report.ts';

const command = join(import.meta.dirname, '../dist/cli/main.js');
const runsPerRound = 5;

export async function startup({ rounds }: BenchOptions): Promise<void> {
  const database = freshDatabase('startup');
  run([command, 'submit', 'bench', '--db', database]);
  const figures = await inTurn(rounds * runsPerRound, {
    'empty program': () => run(['-e', '']),
    'gigq submit': () => run([command, 'submit', 'bench', '--db', database]),
    'gigq list': () => run([command, 'list', '--db', database]),
  });
  printFigures('startup: a whole command', 'ms', figures);
  const empty = median(figures['empty program']);
  for (const name of ['gigq submit', 'gigq list'] as const) {
    console.log(
      `  ${name} costs ${Math.round(median(figures[name]) - empty)} ms more (at most 150)`,
    );
  }
}

function run(args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stderr}`);
  return performance.now() - began;
}
