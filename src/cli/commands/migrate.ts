import type { Command } from 'commander';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { redact } from '../redact.ts';
import { type CommonOptions, databaseOf } from '../settings.ts';

interface MigrateOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

interface Migration {
  readonly from: number;
  readonly to: number;
  readonly applied: readonly string[];
}

function describe(
  database: string,
  { from, to, applied }: Migration,
  isDryRun: boolean | undefined,
): string {
  if (applied.length === 0) return `${redact(database)} is up to date: version ${to}.`;
  const verb = isDryRun ? 'Would migrate' : 'Migrated';
  return [
    `${verb} ${redact(database)} from version ${from} to ${to}:`,
    ...applied.map((name) => `  ${name}`),
  ].join('\n');
}

async function migrateDatabase(options: MigrateOptions): Promise<void> {
  const { migrate } = await import('../../admin/index.ts');
  const database = await databaseOf(options);
  const migration = await migrate(database, { dryRun: options.dryRun ?? false });
  await (options.json
    ? printJson(migration)
    : print(describe(database, migration, options.dryRun)));
}

export function defineMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .description('bring the database to the schema of this version')
    .option('--dry-run', 'only say what it would do');
  withCommonOptions(command).action(migrateDatabase);
}
