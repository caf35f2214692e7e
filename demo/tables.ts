/** The tables of the report, and how they look on a terminal and in a file. */
import type { Report, Sums } from './report.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

const left = (title: string): Column => ({ title, align: 'left' });
const right = (title: string): Column => ({ title, align: 'right' });

export function licenceTable({ licences, total }: Report): Table {
  return {
    columns: [left('Licence'), right('Packages'), right('Files'), right('Size')],
    rows: [
      ...licences.map((each) => [each.licence, ...sumCells(each)]),
      ['all', ...sumCells(total)],
    ],
  };
}

function sumCells({ packages, files, bytes }: Sums): string[] {
  return [formatCount(packages), formatCount(files), formatBytes(bytes)];
}

export function packageTable(packages: Report['packages']): Table {
  return {
    columns: [left('Package'), left('Version'), left('Licence'), right('Files'), right('Size')],
    rows: packages.map(({ name, version, licence, files, bytes }) => [
      name,
      version,
      licence,
      formatCount(files),
      formatBytes(bytes),
    ]),
  };
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

const units = ['kB', 'MB', 'GB', 'TB'] as const;

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** The lines of the table, its head first, all columns as wide as their widest cell. */
export function alignTable({ columns, rows }: Table): string[] {
  const head = columns.map(({ title }) => title);
  const widths = head.map((title, index) =>
    rows.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), title.length),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, width: number, align: Column['align'] | undefined): string {
  return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
}

export function markdownTable({ columns, rows }: Table): string {
  return [
    markdownRow(columns.map(({ title }) => title)),
    markdownRow(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map((row) => markdownRow(row.map(escapeCell))),
  ].join('\n');
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll(/[\\|]/gu, String.raw`\$&`).replaceAll(/\s+/gu, ' ');
}
