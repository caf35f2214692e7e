import type { Command } from 'commander';
import type { Diagnosis, Finding } from '../../admin/index.ts';
import { escapeLine } from '../escape.ts';
import { exitCodes } from '../failure.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { colorsOf, print, printJson } from '../output.ts';
import { redact } from '../redact.ts';
import { type CommonOptions, databaseOf } from '../settings.ts';

interface DoctorOptions extends CommonOptions {
  readonly fix?: boolean;
}

function isLeft({ severity, fixed }: Finding): boolean {
  return severity === 'problem' && !fixed;
}

function mark({ severity, fixed }: Finding): string {
  const { green, red, yellow } = colorsOf(process.stdout);
  if (fixed) return green('fixed');
  return severity === 'problem' ? red('problem') : yellow('advice');
}

function describeFinding(finding: Finding): string {
  const { dim } = colorsOf(process.stdout);
  const { message, hint, code, fixed } = finding;
  const said = `${mark(finding)}  ${escapeLine(message)} ${dim(`[${code}]`)}`;
  return fixed ? said : `${said}\n  ${escapeLine(hint)}`;
}

function summary(database: string, findings: readonly Finding[]): string {
  const problems = findings.filter(isLeft).length;
  const name = redact(database);
  if (problems === 0) return `${name} is well.`;
  return problems === 1 ? `${name} has a problem.` : `${name} has ${problems} problems.`;
}

function describe(database: string, { checked, findings }: Diagnosis): string {
  const looked = checked.length === 0 ? [] : [`Looked at: ${escapeLine(checked.join(', '))}.`];
  return [...looked, ...findings.map(describeFinding), summary(database, findings)].join('\n');
}

async function examine(options: DoctorOptions): Promise<void> {
  const { doctor } = await import('../../admin/index.ts');
  const database = await databaseOf(options);
  const diagnosis = await doctor(database, { fix: options.fix ?? false });
  if (diagnosis.findings.some(isLeft)) process.exitCode = exitCodes.failed;
  await (options.json ? printJson(...diagnosis.findings) : print(describe(database, diagnosis)));
}

const notes = `
Nothing is changed without --fix, which repairs only a database that is sound:
counts are made anew, jobs without a lease or of a dead worker become ready,
and of a file, a large WAL is copied into the database, and what every user can
read is left to its owner. --json prints one finding a line.

Exit codes: 0 well, perhaps with advice; 1 a problem is left.
`;

export function defineDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('look for what is wrong with the database')
    .option('--fix', 'repair what can be repaired safely');
  withNotes(withCommonOptions(command), notes).action(examine);
}
