/**
 * The report: what the jobs brought to light, put together. It depends on the packages alone, so that two runs over
 * the same ones give the same bytes, whatever the order, the worker or the number of interruptions.
 */
import type { Audit } from './audit.ts';

/** What became of one job. */
export type Outcome = Audited | Failed;

export interface Audited extends Audit {
  readonly path: string;
}

export interface Failed {
  readonly path: string;
  readonly error: string;
  readonly attempts: number;
}

export interface Sums {
  readonly packages: number;
  readonly files: number;
  readonly bytes: number;
}

export interface LicenceSums extends Sums {
  readonly licence: string;
}

export interface Report {
  readonly total: Sums;
  readonly licences: readonly LicenceSums[];
  readonly largest: readonly Audited[];
  readonly failed: readonly Failed[];
  readonly packages: readonly Audited[];
}

const largestShown = 10;

export function buildReport(outcomes: readonly Outcome[]): Report {
  const packages = outcomes.filter((outcome) => 'sha256' in outcome).toSorted(byPath);
  return {
    total: sum(packages),
    licences: sumByLicence(packages),
    largest: packages.toSorted((a, b) => b.bytes - a.bytes || byPath(a, b)).slice(0, largestShown),
    failed: outcomes.filter((outcome) => 'error' in outcome).toSorted(byPath),
    packages,
  };
}

function byPath(a: Outcome, b: Outcome): number {
  return compare(a.path, b.path);
}

// Not by the rules of a language: those differ from machine to machine.
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sum(packages: readonly Audited[]): Sums {
  return {
    packages: packages.length,
    files: packages.reduce((files, each) => files + each.files, 0),
    bytes: packages.reduce((bytes, each) => bytes + each.bytes, 0),
  };
}

function sumByLicence(packages: readonly Audited[]): LicenceSums[] {
  return [...Map.groupBy(packages, ({ licence }) => licence)]
    .map(([licence, group]) => ({ licence, ...sum(group) }))
    .toSorted((a, b) => b.packages - a.packages || compare(a.licence, b.licence));
}
