/** The report as files: JSON for programs, Markdown for people. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './report.ts';
import { formatBytes, formatCount, licenceTable, markdownTable, packageTable } from './tables.ts';

export const reportNames = ['report.md', 'report.json'] as const;

export function writeReport(folder: string, report: Report): void {
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, 'report.md'), toMarkdown(report));
}

export function readReport(folder: string): Report {
  return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
}

export function removeReport(folder: string): void {
  for (const name of reportNames) rmSync(join(folder, name), { force: true });
}

function toMarkdown(report: Report): string {
  const { packages, files, bytes } = report.total;
  const sections = [
    '# Audit of installed packages',
    `${formatCount(packages)} packages, ${formatCount(files)} files, ${formatBytes(bytes)}; ${report.failed.length} failed.`,
    '## By licence',
    markdownTable(licenceTable(report)),
    '## The largest',
    markdownTable(packageTable(report.largest)),
    '## Failed',
    failures(report),
    '## All packages',
    markdownTable(packageTable(report.packages)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function failures({ failed }: Report): string {
  if (failed.length === 0) return 'None.';
  return failed
    .map(({ path, attempts, error }) => `- \`${path}\`, after ${attempts} attempts: ${error}`)
    .join('\n');
}
