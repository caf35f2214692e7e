// What a bench finds, as data, and what can be said of it.

/** What a figure, or its ratio to another, is to keep to. */
export interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What was measured in turn with a figure, to be compared with it. */
export interface Beside {
  readonly name: string;
  /** Default: that of the figure. */
  readonly unit?: string;
  readonly rounds: readonly number[];
  /** Default: that of the figure. */
  readonly durability?: string;
  /** Of another queue. */
  readonly versions?: string;
  readonly settings?: string;
  /** Of the figure divided by this. */
  readonly target?: Bound;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** One for each round. */
  readonly rounds: readonly number[];
  /** What survives a power cut, once it is acknowledged. */
  readonly durability: string;
  readonly beside?: readonly Beside[];
  readonly target?: Bound;
}

/** A figure that cannot be taken here. */
export interface Skipped {
  readonly name: string;
  readonly skipped: string;
}

export type Finding = Figure | Skipped;

export function isMeasured(finding: Finding): finding is Figure {
  return 'rounds' in finding;
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The smallest of the numbers that a share of them does not exceed: `quantile(latencies, 0.99)` is the p99. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function spread(numbers: readonly number[]): { readonly min: number; readonly max: number } {
  return { min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** The median of the ratios round by round: what was taken one after the other met the same machine. */
export function ratio(rounds: readonly number[], beside: readonly number[]): number {
  if (rounds.length !== beside.length) return median(rounds) / median(beside);
  return median(rounds.map((value, round) => value / (beside[round] ?? Number.NaN)));
}

export function isKept(value: number, { atLeast = -Infinity, atMost = Infinity }: Bound): boolean {
  return value >= atLeast && value <= atMost;
}

/** Of everything in a figure that has a target, whether all are reached; undefined if nothing has one. */
export function isReached({ rounds, target, beside = [] }: Figure): boolean | undefined {
  const judged = beside.flatMap((other) =>
    other.target === undefined ? [] : [isKept(ratio(rounds, other.rounds), other.target)],
  );
  if (target !== undefined) judged.push(isKept(median(rounds), target));
  return judged.length === 0 ? undefined : judged.every(Boolean);
}
