// Figures of several rounds, side by side.
import { cpus } from 'node:os';

export interface BenchOptions {
  readonly jobs: number;
  readonly concurrency: number;
  readonly rounds: number;
}

/** Takes the competitors in turn, round after round, so that a machine that slows down wrongs none of them. */
export async function inTurn<Name extends string>(
  rounds: number,
  competitors: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(competitors) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) figures[name].push(await competitors[name]());
  }
  return figures;
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function printFigures(
  title: string,
  unit: string,
  rows: Readonly<Record<string, readonly number[]>>,
): void {
  console.log(`\n${title}`);
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  for (const [name, figures] of Object.entries(rows)) {
    const spread = `${show(Math.min(...figures))}–${show(Math.max(...figures))}`;
    console.log(
      `  ${name.padEnd(width)}  ${show(median(figures)).padStart(9)} ${unit}  (${spread})`,
    );
  }
}

export function printRatio(label: string, ours: readonly number[], raw: readonly number[]): void {
  console.log(`  ${label}: ${(median(ours) / median(raw)).toFixed(2)}`);
}

export function printEnvironment(): void {
  const [cpu] = cpus();
  const sqlite = process.versions['sqlite'] ?? 'unknown';
  console.log(
    `Node ${process.versions.node}, SQLite ${sqlite}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, durability FULL`,
  );
}

function show(figure: number): string {
  return Math.round(figure).toLocaleString('en-US');
}
