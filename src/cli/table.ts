/** Tables without borders that fit the terminal, whatever the width of their characters. */
import measureText from 'fast-string-truncated-width';
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

/** A column with its texts, the title first. */
interface Filled<Row> extends Column<Row> {
  readonly texts: readonly string[];
  readonly width: number;
}

const gap = '  ';
const narrowest = 8;

function widthOf(text: string): number {
  return measureText(text).width;
}

function fill<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  const texts = [column.title, ...rows.map((row) => escapeLine(column.text(row)))];
  const width = texts.reduce((widest, text) => Math.max(widest, widthOf(text)), 0);
  return { ...column, texts, width };
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
}

function leastWidth({ width, isFlexible }: Filled<never>): number {
  return isFlexible ? Math.min(width, narrowest) : width;
}

function dropColumns<Row>(columns: readonly Filled<Row>[], room: number): readonly Filled<Row>[] {
  const first = Math.max(...columns.map(({ dropOrder = 0 }) => dropOrder));
  if (first === 0 || totalWidth(columns.map(leastWidth)) <= room) return columns;
  const kept = columns.filter(({ dropOrder }) => dropOrder !== first);
  return dropColumns(kept, room);
}

function shrink<Row>(columns: readonly Filled<Row>[], room: number): readonly Filled<Row>[] {
  let excess = totalWidth(columns.map(({ width }) => width)) - room;
  return columns.map((column) => {
    const width = Math.max(column.width - Math.max(excess, 0), leastWidth(column));
    excess -= column.width - width;
    return { ...column, width };
  });
}

function cut(text: string, width: number): string {
  const { index } = measureText(text, { limit: width, ellipsis: '…' });
  return `${text.slice(0, index)}…`;
}

/** The text in the width of its column, painted. */
function place<Row>(
  { width, align }: Filled<Row>,
  full: string,
  paint: (text: string) => string,
): string {
  const text = widthOf(full) > width ? cut(full, width) : full;
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + paint(text) : paint(text) + space;
}

function draw<Row>(columns: readonly Filled<Row>[], rows: readonly Row[]): string {
  const { bold } = colorsOf(process.stdout);
  const line = (index: number, paint: (column: Filled<Row>, text: string) => string): string => {
    const cells = columns.map((column) =>
      place(column, column.texts[index] ?? '', (text) => paint(column, text)),
    );
    return cells.join(gap).trimEnd();
  };
  const head = line(0, (_, title) => bold(title));
  const body = rows.map((row, index) =>
    line(index + 1, ({ paint }, text) => paint?.(text, row) ?? text),
  );
  return [head, ...body].join('\n');
}

/** The rows as text, no wider than `room`. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  room: number | undefined = terminalWidth(),
): string {
  const filled = columns.map((column) => fill(column, rows));
  return draw(room === undefined ? filled : shrink(dropColumns(filled, room), room), rows);
}
