// Embeds the SQL of every dialect under src/store/ in a module of its own (`sql.gen.ts`), so that nothing is
// read from disk at run time and bundlers work. Run by the build; writes only what changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeIfChanged } from './write-if-changed.ts';

const statementFile = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\.sql$/u;
const migrationFile = /^(?<version>\d{3})-(?<name>[a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/u;

// Quoted text comes first, so that neither a comment sign nor a semicolon inside it counts.
const lexeme =
  /(?<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?<tag>(?:[A-Za-z_]\w*)?)\$[^]*?\$\k<tag>\$)|(?:--[^\n]*|\/\*[^]*?\*\/|\s)+/gu;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

export class SqlError extends Error {}

/** Writes the generated module of each dialect in `storeFolder`; a dialect is a folder with `sql/` or `migrations/`. */
export function generateSql(storeFolder: string): void {
  for (const dialect of dialectsIn(storeFolder)) {
    writeIfChanged(join(dialect, 'sql.gen.ts'), moduleText(dialect));
  }
}

function dialectsIn(storeFolder: string): string[] {
  if (!existsSync(storeFolder)) return [];
  return readdirSync(storeFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(storeFolder, entry.name))
    .filter((folder) => existsSync(join(folder, 'sql')) || existsSync(join(folder, 'migrations')));
}

function moduleText(dialect: string): string {
  const statements = sqlFiles(join(dialect, 'sql')).map(readStatement);
  const migrations = sqlFiles(join(dialect, 'migrations')).map(readMigration);
  assertContiguous(migrations, dialect);
  const entries = statements.map(([key, text]) => `  ${key}: ${JSON.stringify(text)},\n`);
  const rows = migrations.map((migration) => `  ${JSON.stringify(migration)},\n`);
  return (
    '// Generated from sql/ and migrations/ by the build. Do not edit.\n' +
    `export const sql = {\n${entries.join('')}} as const;\n\n` +
    `export const migrations = [\n${rows.join('')}] as const;\n`
  );
}

function sqlFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.toSorted().map((name) => join(folder, name));
}

function readStatement(file: string): [key: string, text: string] {
  const name = baseName(file);
  if (!statementFile.test(name)) fail(file, 'its name must be kebab-case, such as claim-jobs.sql');
  const key = name
    .slice(0, -'.sql'.length)
    .replaceAll(/-(.)/gu, (_, letter: string) => letter.toUpperCase());
  return [key, oneStatement(file)];
}

function oneStatement(file: string): string {
  const text = compact(readText(file)).replace(/ ?;$/u, '');
  if (text === '') fail(file, 'it holds no statement');
  if (withoutQuotes(text).includes(';')) fail(file, 'it must hold exactly one statement');
  return text;
}

function compact(text: string): string {
  return text
    .replaceAll(lexeme, (match, quoted: string | undefined) => (quoted === undefined ? ' ' : match))
    .trim();
}

function withoutQuotes(text: string): string {
  return text.replaceAll(lexeme, ' ');
}

function readMigration(file: string): Migration {
  const groups = migrationFile.exec(baseName(file))?.groups;
  if (groups?.['version'] === undefined || groups['name'] === undefined) {
    fail(file, 'its name must be a version of three digits and a name, such as 001-initial.sql');
  }
  const text = readText(file);
  const checksum = createHash('sha256').update(text).digest('hex');
  return { version: Number(groups['version']), name: groups['name'], text, checksum };
}

function assertContiguous(migrations: readonly Migration[], dialect: string): void {
  for (const [index, { version }] of migrations.entries()) {
    if (version === index + 1) continue;
    fail(join(dialect, 'migrations'), `version ${index + 1} is missing or there twice`);
  }
}

// A checkout with CRLF must not change a checksum.
function readText(file: string): string {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function fail(file: string, reason: string): never {
  throw new SqlError(`${relative(process.cwd(), file)}: ${reason}`);
}

if (import.meta.main) generateSql(join(import.meta.dirname, '../src/store'));
