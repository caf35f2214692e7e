// The tables of README.md, written from the newest results.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type Figure, isReached, isMeasured, median, ratio, spread } from './figures.ts';
import { show, showBound } from './print.ts';
import { newest, type Results } from './results.ts';
import { UsageError } from './settings.ts';

const readme = join(import.meta.dirname, '../README.md');
const markers = { begin: '<!-- bench: begin -->', end: '<!-- bench: end -->' };

/** What a reader wants to know who chooses a queue; the other figures are in the results file. */
const benches = [
  'drain',
  'submit',
  'latency',
  'io',
  'backlog',
  'processes',
  'workflow',
  'memory',
  'idle',
  'due',
  'isolation',
];

const peerColumns = [
  'submit, each awaited',
  'submit, in bulk',
  'drain, concurrency 1',
  'drain, concurrency 100',
  'submit to start, another process, p50',
  '2,000 jobs of 20 ms, 100 at a time',
];

/** @throws {UsageError} if there is no whole run */
export async function writeTable(): Promise<void> {
  const run = newest('');
  if (run === undefined) {
    throw new UsageError('There are no results of a whole run: npm run bench makes some.');
  }
  const text = between(readFileSync(readme, 'utf8'), tablesOf(run, otherRuns()));
  const config = await resolveConfig(readme);
  writeFileSync(readme, await format(text, { ...config, parser: 'markdown' }));
  console.log(`README.md has the results of ${run.date.slice(0, 10)}`);
}

/** The text with other words between its markers. */
export function between(text: string, words: string): string {
  const [before, rest] = text.split(markers.begin, 2);
  const after = rest?.split(markers.end, 2)[1];
  if (after === undefined) {
    throw new UsageError(`There is no ${markers.begin} with a ${markers.end} after it`);
  }
  return `${before}${markers.begin}\n\n${words}\n\n${markers.end}${after}`;
}

/** The other runs that there are, each the newest of its kind. */
interface OtherRuns {
  /** Everything, on a server. */
  readonly postgres?: Results | undefined;
  readonly peers?: Results | undefined;
  /** The peers that are on a server, beside gigq on it. */
  readonly postgresPeers?: Results | undefined;
}

function otherRuns(): OtherRuns {
  return {
    postgres: newest('postgres'),
    peers: newest('peers'),
    postgresPeers: newest('postgres-peers'),
  };
}

export function tablesOf(run: Results, { postgres, peers, postgresPeers }: OtherRuns = {}): string {
  const parts = [environment(run)];
  if (postgres !== undefined) parts.push(`On PostgreSQL: ${environment(postgres)}`);
  parts.push(ownTable(run, postgres));
  if (peers !== undefined) parts.push(`Other queues: ${environment(peers)}`, peerTable(peers));
  if (postgresPeers !== undefined)
    parts.push(
      `Other queues on PostgreSQL: ${environment(postgresPeers)}`,
      peerTable(postgresPeers),
    );
  return parts.join('\n\n');
}

function environment({ date, machine, versions, settings, paces }: Results): string {
  const { cpu, cores, memoryGiB, kernel } = machine;
  const quick = settings.quick ? 'A quick run, of no meaning: ' : '';
  const database = versions.postgres ?? `SQLite ${versions.sqlite}`;
  return (
    `${quick}${date.slice(0, 10)}, gigq ${versions.gigq} (${versions.commit}), Node ${versions.node}, ${database}, ` +
    `${cores} cores of an ${cpu}${given(paces)}, ${memoryGiB} GiB, Linux ${kernel}; ${rounded(settings.rounds)}.`
  );
}

function rounded(rounds: number): string {
  return rounds === 1 ? 'a single round' : `medians of ${rounds} rounds`;
}

function given(paces: Results['paces'] = {}): string {
  const all = Object.values(paces);
  if (all.length === 0) return '';
  const { min, max } = spread(all);
  return ` (which gave ${Math.round((min / max) * 100)} to 100 % of their best)`;
}

const heads = {
  own: ['gigq', 'beside it', 'ratio', 'target'],
  postgres: ['on PostgreSQL', 'beside it', 'ratio', 'target'],
};

/** Every figure that has something to keep to: on files, and on a server. */
function ownTable(run: Results, postgres?: Results): string {
  const files = judgedIn(run);
  if (postgres === undefined)
    return table(
      ['what', ...heads.own],
      [...files].map(([name, figure]) => [name, ...cellsOf(figure)]),
    );
  const server = judgedIn(postgres);
  const names = [...new Set([...files.keys(), ...server.keys()])];
  const rows = names.map((name) => [
    name,
    ...cellsOf(files.get(name)),
    ...cellsOf(server.get(name)),
  ]);
  return table(['what', ...heads.own, ...heads.postgres], rows);
}

function judgedIn(run: Results): ReadonlyMap<string, Figure> {
  const figures = benches
    .flatMap((name) => run.benches[name] ?? [])
    .filter(isMeasured)
    .filter((figure) => isReached(figure) !== undefined);
  return new Map(figures.map((figure) => [figure.name, figure]));
}

function cellsOf(figure: Figure | undefined): string[] {
  if (figure === undefined) return ['', '', '', ''];
  const { unit, rounds, target, beside = [] } = figure;
  const judged = beside.find((other) => other.target !== undefined) ?? beside[0];
  const bounds = [
    ...(target === undefined ? [] : [showBound(target)]),
    ...(judged?.target === undefined ? [] : [`ratio ${showBound(judged.target)}`]),
  ];
  return [
    `${show(median(rounds))} ${unit}`,
    judged === undefined
      ? ''
      : `${judged.name}: ${show(median(judged.rounds))} ${judged.unit ?? unit}`,
    judged === undefined ? '' : ratio(rounds, judged.rounds).toFixed(2),
    `${bounds.join('; ')}: ${isReached(figure) === true ? 'reached' : 'not reached'}`,
  ];
}

/** A row for gigq, and one for each that was taken in turn with it. */
function peerTable(run: Results): string {
  const figures = (run.benches['peers'] ?? []).filter(isMeasured);
  const columns = peerColumns.flatMap((name) => figures.find((each) => each.name === name) ?? []);
  const others = new Set(figures.flatMap(({ beside = [] }) => beside.map(({ name }) => name)));
  const rows = [...others].map((name) => {
    const theirs = columns.map(({ beside = [] }) => beside.find((other) => other.name === name));
    return [name, theirs.find(Boolean)?.durability ?? '', ...theirs.map(medianOf)];
  });
  const ours = ['gigq', figures[0]?.durability ?? '', ...columns.map(medianOf)];
  const head = columns.map(({ name, unit }) => `${name}, ${unit}`);
  return table(['queue', 'durability', ...head], [ours, ...rows]);
}

function medianOf(measured: { readonly rounds: readonly number[] } | undefined): string {
  return measured === undefined ? '–' : show(median(measured.rounds));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
