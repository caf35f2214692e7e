/** Tables without borders that fit the terminal, whatever the width of their characters. */
import Table from 'cli-table3';
import stringWidth from 'string-width';
import { escapeLine } from './escape.ts';
import { colorsOf, terminalWidth } from './output.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly paint?: (text: string, row: Row) => string;
  readonly align?: 'right';
  /** May be cut to fit. */
  readonly isFlexible?: boolean;
  /** Left out where there is no room for it, the highest number first. */
  readonly dropOrder?: number;
}

interface Fitted<Row> extends Column<Row> {
  readonly width: number;
}

const gap = 2;
const narrowest = 8;

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let left = width - 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= stringWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Fitted<Row> {
  const text = (row: Row): string => escapeLine(column.text(row));
  const width = rows.reduce(
    (widest, row) => Math.max(widest, stringWidth(text(row))),
    column.title.length,
  );
  return { ...column, text, width };
}

function totalWidth(columns: readonly { readonly width: number }[]): number {
  return columns.reduce((sum, { width }) => sum + width, gap * (columns.length - 1));
}

function leastWidth<Row>(columns: readonly Fitted<Row>[]): number {
  return totalWidth(
    columns.map(({ width, isFlexible }) => ({
      width: isFlexible ? Math.min(width, narrowest) : width,
    })),
  );
}

function dropColumns<Row>(columns: readonly Fitted<Row>[], room: number): readonly Fitted<Row>[] {
  if (leastWidth(columns) <= room) return columns;
  const first = Math.max(...columns.map(({ dropOrder = 0 }) => dropOrder));
  if (first === 0) return columns;
  return dropColumns(
    columns.filter(({ dropOrder }) => dropOrder !== first),
    room,
  );
}

function shrink<Row>(columns: readonly Fitted<Row>[], room: number): readonly Fitted<Row>[] {
  let excess = totalWidth(columns) - room;
  return columns.map((column) => {
    if (excess <= 0 || !column.isFlexible) return column;
    const width = Math.max(column.width - excess, Math.min(column.width, narrowest));
    excess -= column.width - width;
    return { ...column, width };
  });
}

function fit<Row>(
  columns: readonly Fitted<Row>[],
  room: number | undefined,
): readonly Fitted<Row>[] {
  return room === undefined ? columns : shrink(dropColumns(columns, room), room);
}

function cell<Row>(column: Fitted<Row>, row: Row): string {
  const text = cut(column.text(row), column.width);
  return column.paint?.(text, row) ?? text;
}

const lines = ['top', 'bottom', 'left', 'mid', 'right'];
const bare = Object.fromEntries(
  lines.flatMap((line) => ['', '-mid', '-left', '-right'].map((end) => [line + end, ''])),
);

function draw(head: string[], rows: string[][], columns: readonly Fitted<never>[]): string {
  const table = new Table({
    head,
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: { ...bare, middle: ' '.repeat(gap) },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows);
  return table.toString().replaceAll(/ +$/gmu, '');
}

/** The rows as text, no wider than `room`. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  room: number | undefined = terminalWidth(),
): string {
  const fitted = fit(
    columns.map((column) => measure(column, rows)),
    room,
  );
  const { bold } = colorsOf(process.stdout);
  return draw(
    fitted.map(({ title }) => bold(title)),
    rows.map((row) => fitted.map((column) => cell(column, row))),
    fitted,
  );
}
