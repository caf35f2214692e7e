import assert from 'node:assert/strict';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import { JobQueue } from 'gigq';
import { findPackages } from '../../demo/find-packages.ts';
import { Script } from '../helpers/script.ts';

function temporaryFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gigq-demo-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function write(folder: string, path: string, content: string | object): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const mit = 'Permission is hereby granted, free of charge, to any person obtaining a copy';

/** Packages of every kind that the audit tells apart. */
function fewPackages(t: TestContext): string {
  const folder = temporaryFolder(t);
  const put = (path: string, content: string | object): string =>
    write(folder, `node_modules/${path}`, content);
  put('alpha/package.json', { name: 'alpha', version: '1.2.3', license: 'ISC' });
  put('alpha/lib/index.js', 'export {};');
  put('@scope/beta/package.json', { name: '@scope/beta', version: '0.1.0' });
  put('@scope/beta/LICENSE.md', mit);
  put('gamma/package.json', { name: 'gamma', version: '3.0.0', license: { type: 'MIT' } });
  put('gamma/node_modules/delta/package.json', { name: 'delta', version: '4.0.0' });
  put('gamma/dist/esm/package.json', { type: 'module' });
  put('.bin/alpha', '#!/bin/sh');
  put('no-package/readme.txt', 'nothing to see');
  return folder;
}

const manyMegabytes = 48 * 2 ** 20;

/** Enough to take a while, though it fills no disk: the large files are holes. */
function manyPackages(t: Pick<TestContext, 'after'>): string {
  const folder = temporaryFolder(t);
  for (let index = 0; index < 24; index += 1) {
    const name = `package-${index}`;
    write(folder, `node_modules/${name}/package.json`, {
      name,
      version: `1.0.${index}`,
      license: 'MIT',
    });
    truncateSync(write(folder, `node_modules/${name}/data.bin`, ''), manyMegabytes);
  }
  return folder;
}

function demo(t: TestContext, folder: string, out: string, ...more: readonly string[]): Script {
  const args = [folder, '--out', out, ...more];
  return Script.start(t, 'demo/main.ts', { args, env: { NO_COLOR: '1' } });
}

/** What it wrote beside the database, by name. */
function reportIn(out: string): Record<string, string> {
  const files = globSync('*/report.*', { cwd: out });
  assert.equal(files.length, 2, 'report.json and report.md');
  return Object.fromEntries(
    files.map((file) => [basename(file), readFileSync(join(out, file), 'utf8')]),
  );
}

async function statsIn(out: string): Promise<Awaited<ReturnType<JobQueue['stats']>>> {
  const [file = ''] = globSync('*/audit.db', { cwd: out });
  const queue = new JobQueue(join(out, file), { initialize: false });
  try {
    return await queue.stats();
  } finally {
    await queue.close();
  }
}

function assertAudited(report: any): void {
  const rows = report.packages.map((each: any) =>
    [each.path, each.name, each.licence, each.licenceFrom, each.files].join(' '),
  );
  assert.deepEqual(rows, [
    'node_modules/@scope/beta @scope/beta MIT LICENSE.md 2',
    'node_modules/alpha alpha ISC package.json 2',
    'node_modules/gamma gamma MIT package.json 2',
    'node_modules/gamma/node_modules/delta delta unknown  1',
  ]);
  const error = 'package.json is not JSON: Unexpected end of JSON input';
  assert.deepEqual(report.failed, [{ path: 'demo/broken-package', attempts: 3, error }]);
}

describe('the demo', () => {
  test('audits every installed package and names the broken one; afterwards it starts afresh', async (t) => {
    const folder = fewPackages(t);
    const out = temporaryFolder(t);
    const first = await demo(t, folder, out).end();
    assert.equal(first.code, 0, first.stderr);
    const report = reportIn(out);
    assertAudited(JSON.parse(report['report.json'] ?? ''));
    assert.match(
      first.stdout,
      /demo\/broken-package after 3 attempts:\n +package\.json is not JSON/u,
    );
    assert.match(first.stdout, /Licence +Packages +Files +Size\n +MIT +2 +4 /u);
    assert.match(first.stdout, /--db \S+audit\.db status demo\/broken-package --show-executions/u);
    assert.match(first.stderr, /^Audited \d of 5 packages \(\d+ %\)/mu);
    assert.doesNotMatch(
      first.stdout + first.stderr,
      /[\u001b\r]/u,
      'plain lines: there is no terminal',
    );

    const second = await demo(t, folder, out).end();
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /The last audit was complete; this one starts afresh\./u);
    assert.deepEqual(reportIn(out), report);
    assert.equal((await statsIn(out)).total, 6, 'the packages and the report');
  });

  test('says what is wrong with a folder that it cannot audit', async (t) => {
    const folder = temporaryFolder(t);
    const file = write(folder, 'file.txt', 'text');
    const refusals: readonly (readonly [string, RegExp])[] = [
      [join(folder, 'nowhere'), /^There is no folder .*nowhere$/mu],
      [file, /file\.txt is not a folder/u],
      [folder, /^There is no package in /mu],
    ];
    for (const [argument, message] of refusals) {
      const { code, stdout, stderr } = await demo(t, argument, join(folder, 'out')).end();
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    }
  });

  test('looks for packages in node_modules, else below the folder, else at the folder itself', (t) => {
    const folder = temporaryFolder(t);
    for (const path of ['b', 'a/one', 'a/one/inner', 'a/one/node_modules/two']) {
      write(folder, `packages/${path}/package.json`, {});
    }
    symlinkSync(folder, join(folder, 'packages/b/node_modules'));
    assert.deepEqual(findPackages(folder), [
      'packages/a/one',
      'packages/a/one/node_modules/two',
      'packages/b',
    ]);
    assert.deepEqual(findPackages(join(folder, 'packages/a/one')), ['node_modules/two']);
    assert.deepEqual(findPackages(join(folder, 'packages/a/one/inner')), ['.']);
  });
});

describe('the demo, interrupted', () => {
  const afterAll: (() => void)[] = [];
  after(() => afterAll.forEach((clean) => clean()));
  const folder = manyPackages({ after: (clean) => afterAll.push(clean as () => void) });
  let uninterrupted: Promise<Record<string, string>> | undefined;

  async function assertFinishes(t: TestContext, out: string): Promise<void> {
    const { code, stderr } = await demo(t, folder, out).end();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Going on with an audit that was interrupted: \d+ of 25/u);
    assert.equal((await statsIn(out)).total, 26, 'no job was submitted twice');
    uninterrupted ??= runOnce(t);
    assert.deepEqual(reportIn(out), await uninterrupted);
  }

  async function runOnce(t: TestContext): Promise<Record<string, string>> {
    const out = temporaryFolder(t);
    const { code, stderr } = await demo(t, folder, out).end();
    assert.equal(code, 0, stderr);
    return reportIn(out);
  }

  test('by nothing but a kill of a worker process now and then, brings the same report', async (t) => {
    const out = temporaryFolder(t);
    const { code, stderr } = await demo(t, folder, out, '--chaos').end();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Killed worker process \d+/u);
    uninterrupted ??= runOnce(t);
    assert.deepEqual(reportIn(out), await uninterrupted);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`by ${signal} stops cleanly and, run again, brings the report of an uninterrupted run`, async (t) => {
      const out = temporaryFolder(t);
      const first = demo(t, folder, out);
      await first.says(/Audited [1-9]/u);
      first.signal(signal);
      const stopped = await first.end();
      assert.equal(stopped.signal, signal, stopped.stderr);
      assert.match(stopped.stderr, /Stopped: \d+ of 25 packages are done/u);
      assert.match(stopped.stderr, /To go on: npm run demo -- /u);
      const { running, pending, scheduled } = await statsIn(out);
      assert.equal(running, 0, 'every handler was waited for, or its job was given back');
      assert.ok(pending + scheduled > 0, 'something was left to do');
      await assertFinishes(t, out);
    });
  }

  test('by SIGKILL leaves no worker behind and, run again, brings the report of an uninterrupted run', async (t) => {
    const out = temporaryFolder(t);
    const first = demo(t, folder, out);
    await first.says(/Audited [1-9]/u);
    first.signal('SIGKILL');
    // The workers write to the same pipes, which close when the last of them has ended.
    await first.end();
    assert.equal((await statsIn(out)).running, 0);
    await assertFinishes(t, out);
  });
});
