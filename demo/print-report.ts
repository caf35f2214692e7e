/** The report on the terminal, and where to look further. */
import { join } from 'node:path';
import { styleText } from 'node:util';
import { quote, shown } from './arguments.ts';
import type { Failed, Report } from './report.ts';
import { reportNames } from './report-files.ts';
import { alignTable, licenceTable, packageTable, type Table } from './tables.ts';

export interface Places {
  readonly out: string;
  readonly database: string;
}

export function printReport(report: Report, places: Places): void {
  const sections = [
    section('By licence', table(licenceTable(report))),
    section('The largest', table(packageTable(report.largest))),
    ...(report.failed.length === 0 ? [] : [section('Failed', report.failed.flatMap(failure))]),
    section('Written', written(places)),
    section('Look further', commands(report, places.database)),
  ];
  console.log(`\n${sections.join('\n\n')}`);
}

function section(title: string, body: readonly string[]): string {
  return [styleText('bold', title), ...body.map((line) => `  ${line}`)].join('\n');
}

function table(content: Table): string[] {
  const [head = '', ...rows] = alignTable(content);
  return [styleText('dim', head), ...rows];
}

function failure({ path, attempts, error }: Failed): string[] {
  return [`${styleText('red', path)} after ${attempts} attempts:`, `  ${error}`];
}

function written({ out, database }: Places): string[] {
  return [
    `report    ${reportNames.map((name) => shown(join(out, name))).join(', ')}`,
    `database  ${shown(database)}`,
  ];
}

function commands({ failed }: Report, database: string): string[] {
  const gigq = `npx gigq --db ${quote(shown(database))}`;
  const failedId = failed[0]?.path;
  return [
    `${gigq} stats`,
    ...(failedId === undefined
      ? []
      : [`${gigq} list --status failed`, `${gigq} status ${quote(failedId)} --show-executions`]),
  ];
}
