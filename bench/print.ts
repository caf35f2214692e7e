// Findings, as lines for people.
import { type Bound, type Finding, isKept, isMeasured, median, ratio, spread } from './figures.ts';

/** A line for the figure, one for each that it is compared with, and whether its targets are reached. */
export function linesOf(finding: Finding): string[] {
  if (!isMeasured(finding)) return [`  ${finding.name}: skipped, ${finding.skipped}`];
  const { name, unit, rounds, durability, target, beside = [] } = finding;
  const { min, max } = spread(rounds);
  const range = rounds.length > 1 ? `  (${show(min)}–${show(max)})` : '';
  const first = `  ${name}: ${show(median(rounds))} ${unit}${range}  [${durability}]${judged(median(rounds), target)}`;
  return [
    first,
    ...beside.map((other) => {
      const quotient = ratio(rounds, other.rounds);
      const theirs = `${other.name}: ${show(median(other.rounds))} ${other.unit ?? unit}`;
      const durable = other.durability === undefined ? '' : `  [${other.durability}]`;
      return `    ${theirs}; ratio ${quotient.toFixed(2)}${durable}${judged(quotient, other.target)}`;
    }),
  ];
}

/** As many digits as mean something. */
export function show(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

export function showBound({ atLeast, atMost }: Bound): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${show(atLeast)}`]),
    ...(atMost === undefined ? [] : [`≤ ${show(atMost)}`]),
  ];
  return bounds.join(', ');
}

function judged(value: number, target: Bound | undefined): string {
  if (target === undefined) return '';
  return `  target ${showBound(target)}: ${isKept(value, target) ? 'reached' : 'MISSED'}`;
}
